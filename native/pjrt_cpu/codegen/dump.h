/// @file
/// What a compilation writes down for a reader.
#pragma once

#include <string>
#include <string_view>

namespace optirs::plugin {

/// The files of one program's compilation: a folder `NNN.name` of its own in the folder that was asked for.
/// Files that cannot be written are passed over: a dump never fails a compilation.
class Dump {
 public:
    /// Writes nothing.
    Dump() = default;
    /// `folder` empty: that of the environment variable OPTIRS_DUMP; none: nothing is written.
    Dump(std::string folder, std::string_view program_name);

    bool wanted() const { return !folder_.empty(); }
    /// Of this program; empty when nothing is wanted.
    const std::string& folder() const { return folder_; }
    void write(const std::string& file_name, std::string_view text) const;
    /// The next state of the program on its way through the passes: `NN.pass.mlir`.
    void writePass(std::string_view pass, std::string_view text);

 private:
    std::string folder_;
    int passes_ = 0;
};

}  // namespace optirs::plugin
