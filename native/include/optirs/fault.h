/**
 * @file
 * Fault injection: makes the k-th allocation, or the k-th call of a backend, fail. A test that counts k up
 * until its call succeeds has been through every error path.
 */
#ifndef OPTIRS_FAULT_H_
#define OPTIRS_FAULT_H_

#include <optirs/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Arms faults for the whole process, in place of those that were armed before. The environment variable
 * OPTIRS_FAULT has the same form and is read when the library is loaded.
 *
 * A specification is a list `site@k` separated by commas, with k from 0. A site is `oom` (allocations of this
 * library), `call` (calls of any backend) or the name of a backend (its calls only). Example: `oom@7,call@3`.
 * Each fires once. Sites of the same name may be listed with several k.
 * @fallible INVALID_ARGUMENT if the specification is malformed; nothing is changed then.
 * @param[in] spec The specification; the empty one disarms everything.
 * @param[in] spec_size @size_of{spec} Length in bytes.
 */
OPTIRS_EXPORT optirs_error* optirs_fault_set(const char* spec, uint64_t spec_size);

/**
 * How many of the faults have fired since they were armed. 0 after a call means that no k is left to be
 * tried.
 * @fast
 * @return The number.
 */
OPTIRS_EXPORT uint64_t optirs_fault_fired(void);

#ifdef __cplusplus
}
#endif

#endif
