/* What a Cortex-M4 needs to come to main(): a vector table, memory as C wants it, a stack that is painted, so that what was used of it
 * can be seen; and ARM's semihosting, by which an emulator is told the end and the stack's size. */
#include <stddef.h>
#include <stdint.h>

extern uint32_t data_begin[], data_end[], data_image[], bss_begin[], bss_end[], stack_end[], stack_begin[];
int main(void);
void reset(void);

static void semihosting(uint32_t operation, uint32_t argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register uint32_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void print(const char *text) { semihosting(4, (uint32_t)text); }

/* SYS_EXIT_EXTENDED with ADP_Stopped_ApplicationExit. */
static void end(int status) {
    const uint32_t block[2] = {0x20026, (uint32_t)status};
    semihosting(0x20, (uint32_t)block);
}

/* What panics call, and what the processor jumps to when something is wrong. */
void abort(void);
void abort(void) {
    end(99);
    for (;;) {
    }
}

__attribute__((naked, noreturn)) void reset(void) {
    __asm__ volatile("ldr sp, =stack_begin\n\tbl start\n\tb .");
}

__attribute__((noreturn, used)) static void start(void) {
    char digits[12], *at = digits + sizeof digits;
    uint32_t *word = data_begin;
    for (const uint32_t *from = data_image; word < data_end;) *word++ = *from++;
    for (word = bss_begin; word < bss_end;) *word++ = 0;
    /* The coprocessor for floating point, which the target's calling convention has. */
    *(volatile uint32_t *)0xe000ed88 |= 0xf << 20;
    /* All of the stack but what this function uses. */
    for (word = stack_end; word < (uint32_t *)__builtin_frame_address(0) - 32; word++) *word = 0xa5a5a5a5;
    int status = main();
    for (word = stack_end; *word == 0xa5a5a5a5;) word++;
    uint32_t used = (uint32_t)stack_begin - (uint32_t)word;
    *--at = 0;
    *--at = '\n';
    do *--at = (char)('0' + used % 10);
    while (used /= 10);
    print("stack: ");
    print(at);
    end(status);
    for (;;) {
    }
}

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handlers[15])(void);
} vectors = {stack_begin, {reset, abort, abort, abort, abort, abort, abort, abort, abort, abort, abort, abort, abort, abort, abort}};
