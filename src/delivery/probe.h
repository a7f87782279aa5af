#pragma once

#include <string>

#include "base/time.h"
#include "delivery/target.h"
#include "environments/environment_spec.h"

namespace penstock {

namespace net {
struct HttpResponse;
}

/// Where an instance is reached from this machine.
struct ProbePlace {
  std::string unix_socket;  ///< Where not empty, this one; else host and port.
  std::string host = "127.0.0.1";
  int port = 0;
};

/// Looks at an instance over HTTP. The connection goes to `place`, whatever it is called there.
ProbeResult probe_http(const Probe::Http& probe, const ProbePlace& place, Duration timeout);
/// Whether somebody listens there. Not for a forwarded port: the forwarder always listens.
ProbeResult probe_tcp(const ProbePlace& place, Duration timeout);
/// What an answer means to a probe. `detail` is `GET /healthz: 503`, and why not where it isn't by the status.
ProbeResult judge_answer(const Probe::Http& probe, const net::HttpResponse& answer);

}  // namespace penstock
