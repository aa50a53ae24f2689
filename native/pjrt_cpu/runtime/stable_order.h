#pragma once

#include <algorithm>
#include <vector>

namespace optirs::plugin {

/// Stable insertion sort for lists of a few entries, such as the dimensions of an array.
template <class T, class Before>
void stableOrder(std::vector<T>& list, Before&& before) {
    for (auto it = list.begin(); it != list.end(); ++it) {
        std::rotate(std::upper_bound(list.begin(), it, *it, before), it, it + 1);
    }
}

}  // namespace optirs::plugin
