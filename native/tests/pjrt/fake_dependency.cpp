// A library that fake_with_dependency needs and that is not where the loader looks.
__attribute__((visibility("default"))) int fakeDependency();
int fakeDependency() { return 1; }
