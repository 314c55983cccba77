/* What a C library for such a machine has, under the names of C and those of ARM's ABI: plain loops, of which the compiler must not
 * make calls of themselves. Without it the linker takes Rust's own, which are faster and 3 kB larger. */
#include <stddef.h>

#pragma GCC optimize("no-tree-loop-distribute-patterns")

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int octet, size_t len);
int memcmp(const void *one, const void *other, size_t len);
int bcmp(const void *one, const void *other, size_t len);

void *memcpy(void *restrict to, const void *restrict from, size_t len) {
    for (size_t at = 0; at < len; at++) ((char *)to)[at] = ((const char *)from)[at];
    return to;
}

void *memmove(void *to, const void *from, size_t len) {
    if ((char *)to <= (const char *)from) return memcpy(to, from, len);
    while (len--) ((char *)to)[len] = ((const char *)from)[len];
    return to;
}

void *memset(void *to, int octet, size_t len) {
    for (size_t at = 0; at < len; at++) ((char *)to)[at] = (char)octet;
    return to;
}

int memcmp(const void *one, const void *other, size_t len) {
    for (size_t at = 0; at < len; at++) {
        int less = ((const unsigned char *)one)[at] - ((const unsigned char *)other)[at];
        if (less) return less;
    }
    return 0;
}

int bcmp(const void *one, const void *other, size_t len) {
    return memcmp(one, other, len);
}

#ifdef __arm__
/* ARM's names. Those for aligned memory are the same functions. */
#define ALIAS(name) __attribute__((alias(#name), used))
void *__aeabi_memcpy(void *restrict to, const void *restrict from, size_t len) ALIAS(memcpy);
void *__aeabi_memcpy4(void *restrict to, const void *restrict from, size_t len) ALIAS(memcpy);
void *__aeabi_memcpy8(void *restrict to, const void *restrict from, size_t len) ALIAS(memcpy);
void *__aeabi_memmove(void *to, const void *from, size_t len) ALIAS(memmove);
void *__aeabi_memmove4(void *to, const void *from, size_t len) ALIAS(memmove);
void *__aeabi_memmove8(void *to, const void *from, size_t len) ALIAS(memmove);
void *__aeabi_memclr(void *to, size_t len);
void *__aeabi_memclr4(void *to, size_t len) ALIAS(__aeabi_memclr);
void *__aeabi_memclr8(void *to, size_t len) ALIAS(__aeabi_memclr);

void *__aeabi_memclr(void *to, size_t len) {
    return memset(to, 0, len);
}
#endif
