/**
 * @file
 * Linkage of the public functions. Every header of the C ABI includes this one.
 */
#ifndef OPTIRS_EXPORT_H_
#define OPTIRS_EXPORT_H_

#include <stddef.h>
#include <stdint.h>

/** Marks a function that liboptirs exports. */
#if defined(__GNUC__)
#define OPTIRS_EXPORT __attribute__((visibility("default")))
#else
#define OPTIRS_EXPORT
#endif

#endif
