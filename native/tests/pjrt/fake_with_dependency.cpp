// A plugin whose dependency cannot be found.
int fakeDependency();
extern "C" __attribute__((visibility("default"))) const void* GetPjrtApi();
const void* GetPjrtApi() {
    static const int kAnswer = fakeDependency();
    return &kAnswer;
}
