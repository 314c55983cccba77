/* A program without any library: the kernel starts it at _start. What a compiler may call without being told to
 * (memcpy and its kin) stands here. */
#include <stddef.h>
#include <stdint.h>

size_t use_all(const uint8_t *octets, size_t len);

void *memcpy(void *to, const void *from, size_t count) {
    uint8_t *t = to;
    const uint8_t *f = from;
    while (count--) *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t count) {
    uint8_t *t = to;
    const uint8_t *f = from;
    if (t < f) return memcpy(to, from, count);
    while (count--) t[count] = f[count];
    return to;
}

void *memset(void *to, int octet, size_t count) {
    uint8_t *t = to;
    while (count--) *t++ = (uint8_t)octet;
    return to;
}

int memcmp(const void *one, const void *two, size_t count) {
    const uint8_t *a = one, *b = two;
    for (; count--; a++, b++)
        if (*a != *b) return *a < *b ? -1 : 1;
    return 0;
}

int bcmp(const void *one, const void *two, size_t count) { return memcmp(one, two, count); }

static const uint8_t stream[] =
    "Content-Type: auth/request\n\n"
    "Content-Length: 57\nContent-Type: text/event-plain\n\nEvent-Name: CUSTOM\nEvent-Subclass: my%3A%3Aa\nx: 100%25\n\n12";

/* The kernel aligns the stack otherwise than a caller does. */
__attribute__((force_align_arg_pointer)) void _start(void) {
    long status = use_all(stream, sizeof stream - 1) == 0;
    __asm__ volatile("syscall" : : "a"(60L), "D"(status) : "rcx", "r11", "memory");
    __builtin_unreachable();
}
