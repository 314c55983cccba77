/* Our library and one with FreeSWITCH's names in one process, both for all to see, each itself. */
#include <dlfcn.h>

#include "check.h"

typedef int (*number)(void);
typedef uint32_t (*version)(void);

static void *open_library(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!library) fprintf(stderr, "%s\n", dlerror());
    CHECK(library);
    return library;
}

int main(int argc, char **argv) {
    CHECK(argc == 3);
    void *other = open_library(argv[1]), *ours = open_library(argv[2]);
    number connect;
    version abi;
    *(void **)&connect = dlsym(RTLD_DEFAULT, "esl_connect");
    *(void **)&abi = dlsym(RTLD_DEFAULT, "eslp_abi_version");
    CHECK(connect && connect() == 1 && dlsym(other, "esl_connect") && !dlsym(ours, "esl_connect"));
    CHECK(abi && abi() == ESLP_ABI_VERSION && !dlsym(other, "eslp_abi_version"));
    CHECK(!dlclose(ours) && !dlclose(other));
    return 0;
}
