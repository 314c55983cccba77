/* What the test programs share: a check that says where it failed. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esl_proto.h"

#define CHECK(condition) ((condition) ? (void)0 : failed(__FILE__, __LINE__, #condition))

/* Whether a status is just this. */
#define RETURNS(wanted, call) returned(__FILE__, __LINE__, #call, (wanted), (call))

/* Whether octets are those of a text. */
#define SAYS(wanted, bytes) said(__FILE__, __LINE__, (wanted), (bytes))

static inline void failed(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    exit(1);
}

static inline void returned(const char *file, int line, const char *call, eslp_status wanted, eslp_status status) {
    if (status == wanted) return;
    fprintf(stderr, "%s:%d: %s is %d (%s), not %d\n", file, line, call, (int)status, eslp_strerror(status), (int)wanted);
    exit(1);
}

static inline void said(const char *file, int line, const char *wanted, eslp_bytes bytes) {
    if (bytes.data && bytes.len == strlen(wanted) && !memcmp(bytes.data, wanted, bytes.len)) return;
    fprintf(stderr, "%s:%d: \"%.*s\" is not \"%s\"\n", file, line, bytes.data ? (int)bytes.len : 4,
            bytes.data ? bytes.data : "NULL", wanted);
    exit(1);
}

#endif
