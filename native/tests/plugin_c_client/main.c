/* Walks through a PJRT plugin as its clients do: `plugin_c_client PLUGIN.so`. Exit code 0: everything that
 * they need was there. */
#include <dlfcn.h>

#include "walk.h"

const PJRT_Api* api = NULL;

int main(int argc, char** argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s PLUGIN\n", argv[0]);
        return 2;
    }
    void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    const PJRT_Api* (*get)(void) = NULL;
    void* symbol = dlsym(library, "GetPjrtApi");
    REQUIRE(symbol != NULL);
    memcpy(&get, &symbol, sizeof get);
    api = get();

    Walk walk;
    memset(&walk, 0, sizeof walk);
    walkPlugin();
    walkClient(&walk);
    walkBuffers(&walk);
    walkTransfers(&walk);
    walkCompile(&walk);
    walkExecute(&walk);
    walkIntrospection(&walk);
    walkSerialization(&walk);
    walkAheadOfTime(&walk);

    ARGS(PJRT_Executable_Destroy_Args, destroy);
    destroy.executable = walk.executable;
    OK(api->PJRT_Executable_Destroy(&destroy));
    ARGS(PJRT_LoadedExecutable_Destroy_Args, unload);
    unload.executable = walk.loaded;
    OK(api->PJRT_LoadedExecutable_Destroy(&unload));
    ARGS(PJRT_Client_Destroy_Args, leave);
    leave.client = walk.client;
    OK(api->PJRT_Client_Destroy(&leave));
    printf("everything on the list is served\n");
    return 0;
}
