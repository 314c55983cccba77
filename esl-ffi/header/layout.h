/* How structs lie in memory, and what numbers are: pinned here for C, and in src/layout.rs for Rust. Both are made of the
 * header by tests/header.rs. A compiled program depends on them: a line that changes means another ESLP_ABI_VERSION. */
#include "esl_proto.h"

#ifdef __cplusplus
#define PIN(condition) static_assert(condition, #condition)
#else
#define PIN(condition) _Static_assert(condition, #condition)
#endif
/* For 64 and for 32 bits; not for 32-bit x86, where 64-bit numbers lie at every fourth byte. */
#if UINTPTR_MAX == UINT64_MAX
#define BITS(wide, narrow) (wide)
#else
#define BITS(wide, narrow) (narrow)
#endif
#define SIZE(type, wide, narrow) PIN(sizeof(type) == BITS(wide, narrow))
#define PLACE(type, field, wide, narrow) PIN(offsetof(type, field) == BITS(wide, narrow))
#define NUMBER(name, number) PIN((name) == (number))
