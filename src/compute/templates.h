#pragma once
// The catalogue of templates: what an operator offers by slug, as values read from config/templates/*.toml (by daemon).

#include "compute/backend.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace berth::compute {

struct TemplatePort {
    uint16_t container_port = 0;
    std::string label;
    std::string scheme = "tcp"; ///< http, ws, tcp, bitcoin-rpc …: shown to the consumer
};

struct Template {
    std::string slug;
    std::string description;
    std::string image;
    std::vector<TemplatePort> ports;
    std::map<std::string, std::string> environment; ///< `{password}` stands for the lease's password
    std::set<std::string> consumer_environment{};   ///< names that consumers may set, over those above; no credential
    bool consumer_command = false;                  ///< consumers may say what runs after the image's entry point
    std::string data_path;
    uint32_t cpu_millicores_min = 0;
    uint64_t memory_mb_min = 0;
    uint64_t disk_gb_min = 0;
    uint32_t nofile_max = 1024;
};

} // namespace berth::compute
