/* Errors, events, the plugin's own properties. */
#include "walk.h"

PJRT_Error_Code codeOf(PJRT_Error* error) {
    if (error == NULL) return PJRT_Error_Code_OK;
    ARGS(PJRT_Error_GetCode_Args, get);
    get.error = error;
    REQUIRE(api->PJRT_Error_GetCode(&get) == NULL);
    ARGS(PJRT_Error_Destroy_Args, destroy);
    destroy.error = error;
    api->PJRT_Error_Destroy(&destroy);
    return get.code;
}

void requireOk(PJRT_Error* error, const char* file, int line) {
    if (error == NULL) return;
    ARGS(PJRT_Error_Message_Args, message);
    message.error = error;
    api->PJRT_Error_Message(&message);
    fprintf(stderr, "%s:%d: %.*s\n", file, line, (int)message.message_size, message.message);
    exit(1);
}

PJRT_Error_Code awaitEvent(PJRT_Event* event) {
    ARGS(PJRT_Event_Await_Args, await);
    await.event = event;
    const PJRT_Error_Code code = codeOf(api->PJRT_Event_Await(&await));
    ARGS(PJRT_Event_IsReady_Args, ready);
    ready.event = event;
    OK(api->PJRT_Event_IsReady(&ready));
    REQUIRE(ready.is_ready);
    ARGS(PJRT_Event_Error_Args, again);
    again.event = event;
    REQUIRE(codeOf(api->PJRT_Event_Error(&again)) == code);
    ARGS(PJRT_Event_Destroy_Args, destroy);
    destroy.event = event;
    OK(api->PJRT_Event_Destroy(&destroy));
    return code;
}

bool sameText(const char* text, size_t size, const char* expected) {
    return size == strlen(expected) && memcmp(text, expected, size) == 0;
}

PJRT_Extension_Base* findExtension(PJRT_Extension_Type type) {
    PJRT_Extension_Base* extension = api->extension_start;
    while (extension != NULL && extension->type != type) extension = extension->next;
    REQUIRE(extension != NULL);
    return extension;
}

static const PJRT_NamedValue* findValue(const PJRT_NamedValue* values, size_t count, const char* name) {
    for (size_t i = 0; i < count; ++i) {
        if (sameText(values[i].name, values[i].name_size, name)) return &values[i];
    }
    fprintf(stderr, "no attribute %s\n", name);
    exit(1);
}

void walkPlugin(void) {
    REQUIRE(api->struct_size == PJRT_Api_STRUCT_SIZE);
    REQUIRE(api->pjrt_api_version.major_version == PJRT_API_MAJOR);
    REQUIRE(api->pjrt_api_version.minor_version == PJRT_API_MINOR);
    ARGS(PJRT_Plugin_Initialize_Args, initialize);
    OK(api->PJRT_Plugin_Initialize(&initialize));
    ARGS(PJRT_Plugin_Attributes_Args, attributes);
    OK(api->PJRT_Plugin_Attributes(&attributes));
    REQUIRE(findValue(attributes.attributes, attributes.num_attributes, "xla_version")->type ==
            PJRT_NamedValue_kInt64);
    const PJRT_NamedValue* current =
        findValue(attributes.attributes, attributes.num_attributes, "stablehlo_current_version");
    const PJRT_NamedValue* oldest =
        findValue(attributes.attributes, attributes.num_attributes, "stablehlo_minimum_version");
    REQUIRE(current->type == PJRT_NamedValue_kInt64List && current->value_size == 3);
    REQUIRE(oldest->type == PJRT_NamedValue_kInt64List && oldest->value_size == 3);
    REQUIRE(oldest->int64_array_value[0] < current->int64_array_value[0] ||
            oldest->int64_array_value[1] < current->int64_array_value[1]);
}
