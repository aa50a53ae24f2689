/*
 * A first program with the C ABI of OptiRs.Native: backends, host memory, asynchronous work, errors.
 *
 *     cmake -S . -B build -DCMAKE_PREFIX_PATH=<where optirs is installed>
 *     cmake --build build && build/optirs_sample
 */
#include <optirs/optirs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every fallible function returns NULL or an error that the caller owns. */
static void check(optirs_error* error) {
    if (error != NULL) {
        fprintf(stderr, "%s: %s: %s\n", optirs_error_operation(error, NULL),
                optirs_status_name(optirs_error_code(error), NULL), optirs_error_message(error, NULL));
        optirs_error_release(error);
        exit(EXIT_FAILURE);
    }
}

static void list_backends(void) {
    uint64_t count = 0;
    check(optirs_backend_count(&count));
    for (uint64_t i = 0; i < count; ++i) {
        const char* name = NULL;
        const char* reason = NULL;
        uint64_t name_size = 0;
        uint64_t reason_size = 0;
        check(optirs_backend_name_at(i, &name, &name_size));
        check(optirs_backend_reason(name, name_size, &reason, &reason_size));
        printf("backend %s: %s\n", name, reason_size == 0 ? "ready" : reason);
    }
}

/* What the completion hands over to the waiting thread. */
struct completion {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int done;
    optirs_error* error;
};

/* Runs on a thread of the backend: it only passes the result on. */
static void on_done(optirs_error* error, void* context) {
    struct completion* completion = context;
    pthread_mutex_lock(&completion->mutex);
    completion->error = error;
    completion->done = 1;
    pthread_cond_signal(&completion->changed);
    pthread_mutex_unlock(&completion->mutex);
}

static optirs_error* wait_for(struct completion* completion) {
    pthread_mutex_lock(&completion->mutex);
    while (!completion->done) {
        pthread_cond_wait(&completion->changed, &completion->mutex);
    }
    pthread_mutex_unlock(&completion->mutex);
    return completion->error;
}

static void echo_text(optirs_backend* backend, optirs_buffer* source, optirs_buffer* destination) {
    struct completion completion = {.done = 0, .error = NULL};
    pthread_mutex_init(&completion.mutex, NULL);
    pthread_cond_init(&completion.changed, NULL);
    optirs_operation* operation = NULL;
    check(optirs_echo_start(backend, source, destination, NULL, on_done, &completion, &operation));
    check(wait_for(&completion));
    optirs_operation_release(operation);
    pthread_cond_destroy(&completion.changed);
    pthread_mutex_destroy(&completion.mutex);
    printf("the echo answers: %s\n", (const char*)optirs_buffer_data(destination));
}

int main(void) {
    if (optirs_abi_version() >> 16 != OPTIRS_ABI_MAJOR) {
        fprintf(stderr, "compiled for ABI %d, found %u\n", OPTIRS_ABI_MAJOR, optirs_abi_version() >> 16);
        return EXIT_FAILURE;
    }
    list_backends();

    static const char kText[] = "hello from another thread";
    optirs_backend* backend = NULL;
    optirs_buffer* source = NULL;
    optirs_buffer* destination = NULL;
    check(optirs_backend_load("echo", 4, &backend));
    check(optirs_buffer_create(sizeof(kText), &source));
    check(optirs_buffer_create(sizeof(kText), &destination));
    memcpy(optirs_buffer_data(source), kText, sizeof(kText));
    echo_text(backend, source, destination);

    /* An error that is expected is read, and released like any other. */
    optirs_backend* missing = NULL;
    optirs_error* error = optirs_backend_load("abacus", 6, &missing);
    if (optirs_error_code(error) != OPTIRS_NOT_FOUND) {
        fprintf(stderr, "there should be no backend called abacus\n");
        return EXIT_FAILURE;
    }
    printf("an error: %s\n", optirs_status_name(optirs_error_code(error), NULL));
    optirs_error_release(error);

    optirs_buffer_release(source);
    optirs_buffer_release(destination);
    optirs_backend_release(backend);
    printf("live buffers at the end: %lld\n", (long long)optirs_live_objects(OPTIRS_OBJECT_BUFFER));
    return EXIT_SUCCESS;
}
