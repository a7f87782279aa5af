#include "hosts/files_to_send.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/errors.h"

namespace penstock {

FilesToSend::FilesToSend(std::vector<File> files) : files_(std::move(files)), buffer_(size_t{256} << 10) {}

std::string_view FilesToSend::next() {
  for (; index_ < files_.size(); ++index_, file_.reset(), sent_ = 0) {
    const File& file = files_[index_];
    if (sent_ == file.size) continue;
    if (!file_) file_.reset(::open(file.source.c_str(), O_RDONLY | O_CLOEXEC));
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(buffer_.size(), file.size - sent_));
    ssize_t got = -1;
    while (file_ && (got = ::read(file_.get(), buffer_.data(), wanted)) < 0 && errno == EINTR) {
    }
    if (got <= 0) {
      problem_ = got < 0 ? os::system_error("can't read " + file.source.string(), errno)
                         : Error{Fault::machine, file.source.string() + " is shorter than its release says", ""};
      return {};
    }
    sent_ += static_cast<uint64_t>(got);
    return {buffer_.data(), static_cast<size_t>(got)};
  }
  return {};
}

}  // namespace penstock
