#include <zstd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/judge.h"

// Canaries resampled from noise that was recorded from real HAProxy runs (bench/judge/record): contiguous stretches of
// time, so that bursts stay bursts; one instance plays the canary, another of the same version the baseline. Each
// rollout is looked at several times and ends at the first failure. Exit status 1 where a limit isn't met.
namespace {

using namespace penstock;

struct Request {
  int64_t at = 0;  // milliseconds
  int instance = 0;
  double latency = 0;
  bool failed = false;
};

std::vector<Request> read_noise(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string packed{std::istreambuf_iterator<char>(file), {}};
  std::string text(size_t{64} << 20U, '\0');
  const size_t size = ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) != 0U) {
    std::fprintf(stderr, "judge_bench: %s can't be read\n", path);
    std::exit(3);
  }
  text.resize(size);
  std::istringstream lines(text);
  std::vector<Request> requests;
  int64_t now = 1'790'000'000'000;
  int64_t since = 0;
  Request request;
  while (lines >> since >> request.instance >> request.latency) {
    now += since;
    request.at = now;
    request.failed = lines.peek() == '!';
    if (request.failed) lines.get();
    requests.push_back(request);
  }
  return requests;
}

AnalysisSpec both_metrics() {
  AnalysisSpec spec;
  Metric errors;
  errors.name = "errors";
  errors.source = Metric::Source::proxy_errors;
  errors.compare = Metric::Comparison();
  Metric latency = errors;
  latency.name = "p95";
  latency.source = Metric::Source::proxy_latency;
  latency.compare->quantile = 0.95;
  spec.metrics = {errors, latency};
  return spec;
}

/// What is done to a request of the canary.
using Harm = std::function<void(Request& request, std::mt19937_64& random)>;

struct Trial {
  int a_side = 1000;
  int looks = 5;
  bool against_rest = false;  // the baseline: all other instances instead of one
};

/// One rollout; true where it was failed.
bool is_failed(const std::vector<Request>& noise, const Trial& trial, const Harm& harm, std::mt19937_64& random) {
  const int canary = static_cast<int>(random() % 4);
  const int baseline = (canary + 1 + static_cast<int>(random() % 3)) % 4;
  AnalysisInput input;
  input.spec = both_metrics();
  input.samples.resize(2);
  input.looks = trial.looks;
  size_t at = random() % (noise.size() - static_cast<size_t>(trial.a_side) * 5);
  int seen = 0;
  for (input.look = 1; input.look <= trial.looks; ++input.look) {
    const int wanted = trial.a_side * input.look / trial.looks;
    for (; seen < wanted && at < noise.size(); ++at) {
      Request request = noise[at];
      const bool is_canary = request.instance == canary;
      if (!is_canary && !trial.against_rest && request.instance != baseline) continue;
      if (is_canary) {
        ++seen;
        harm(request, random);
      }
      for (size_t metric = 0; metric < 2; ++metric) {
        Series& series = is_canary ? input.samples[metric].incoming : input.samples[metric].against;
        const double value = metric == 0 ? (request.failed ? 1 : 0) : request.latency;
        series.add(Instant(Duration(request.at)), value);
      }
    }
    if (judge(input).verdict == Verdict::fail) return true;
  }
  return false;
}

double share_failed(const std::vector<Request>& noise, const Trial& trial, const Harm& harm, int rollouts) {
  std::mt19937_64 random(20261121);
  int failed = 0;
  for (int i = 0; i < rollouts; ++i) failed += is_failed(noise, trial, harm, random) ? 1 : 0;
  return static_cast<double>(failed) / rollouts;
}

}  // namespace

int main(int argc, char** argv) {
  const int rollouts = argc > 1 ? std::atoi(argv[1]) : 10'000;
  const auto noise = read_noise(argc > 2 ? argv[2] : PENSTOCK_NOISE);
  int64_t failed = 0;
  for (const Request& request : noise) failed += request.failed ? 1 : 0;
  std::printf("noise: %zu requests in %.0f minutes, %.2f %% failed\n", noise.size(),
              static_cast<double>(noise.back().at - noise.front().at) / 60'000,
              100.0 * static_cast<double>(failed) / static_cast<double>(noise.size()));
  const auto often = [](double chance) { return std::bernoulli_distribution(chance); };
  const Harm none = [](Request&, std::mt19937_64&) {};
  const Harm errors = [&](Request& request, std::mt19937_64& random) {
    request.failed = request.failed || often(0.028)(random);
  };
  const Harm slow = [](Request& request, std::mt19937_64&) { request.latency = std::round(request.latency * 1.3); };
  bool met = true;
  const auto row = [&](const char* what, const Trial& trial, const Harm& harm, bool is_bad) {
    const std::clock_t start = std::clock();
    const double share = share_failed(noise, trial, harm, rollouts);
    const bool good = is_bad ? share >= 0.95 : share <= 0.01;
    met = met && good;
    std::printf("%-34s %5d a side %2d looks %-13s %6.2f %% failed   limit: at %s %s   %s   %.2f ms a rollout\n", what,
                trial.a_side, trial.looks, trial.against_rest ? "against rest" : "against one", 100 * share,
                is_bad ? "least" : "most", is_bad ? "95 %" : "1 %", good ? "met" : "NOT MET",
                1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / rollouts);
    std::fflush(stdout);
  };
  for (const Trial& trial :
       {Trial{1000, 5, false}, Trial{1000, 1, false}, Trial{1000, 5, true}, Trial{4000, 20, false}})
    row("same version", trial, none, false);
  for (const Trial& trial : {Trial{1000, 5, false}, Trial{1000, 5, true}}) {
    row("3 % errors instead of 0.2 %", trial, errors, true);
    row("latency + 30 %", trial, slow, true);
  }
  return met ? 0 : 1;
}
