#include "provider/lease_json.h"

#include "util/json.h"

namespace berth::provider {

namespace {

/// The parser's exceptions end here.
template <class Read>
auto read(const char* what, Read&& parse) -> Result<decltype(parse())>
{
    try {
        return parse();
    } catch (const Json::exception& problem) {
        return fail(Errc::corrupt, "{} of a lease: {}", what, problem.what());
    }
}

} // namespace

std::string encode_workload(const compute::WorkloadSpec& workload, Secrets secrets)
{
    Json ports = Json::array();
    for (const compute::PortMapping& port : workload.ports)
        ports.push_back({port.container_port, port.host_port, port.protocol, port.label, port.scheme});
    return dump_json(Json{{"image", workload.image},
                          {"cpu_millicores", workload.cpu_millicores},
                          {"memory_mb", workload.memory_mb},
                          {"disk_gb", workload.disk_gb},
                          {"pids_max", workload.pids_max},
                          {"nofile_max", workload.nofile_max},
                          {"environment", secrets == Secrets::kept ? Json(workload.environment) : Json::object()},
                          {"command", secrets == Secrets::kept ? Json(workload.command) : Json::array()},
                          {"ports", ports},
                          {"publish_address", workload.publish_address},
                          {"data_path", workload.data_path},
                          {"encrypted", workload.encrypted},
                          {"keep_alive", workload.keep_alive}});
}

Result<compute::WorkloadSpec> decode_workload(const std::string& text)
{
    return read("workload", [&text] {
        const Json json = Json::parse(text);
        compute::WorkloadSpec workload;
        workload.image = json.at("image").get<std::string>();
        workload.cpu_millicores = json.at("cpu_millicores").get<uint32_t>();
        workload.memory_mb = json.at("memory_mb").get<uint64_t>();
        workload.disk_gb = json.at("disk_gb").get<uint64_t>();
        workload.pids_max = json.at("pids_max").get<uint32_t>();
        workload.nofile_max = json.at("nofile_max").get<uint32_t>();
        workload.environment = json.at("environment").get<std::map<std::string, std::string>>();
        workload.command = json.at("command").get<std::vector<std::string>>();
        for (const Json& port : json.at("ports"))
            workload.ports.push_back({.container_port = port.at(0).get<uint16_t>(),
                                      .host_port = port.at(1).get<uint16_t>(),
                                      .protocol = port.at(2).get<std::string>(),
                                      .label = port.at(3).get<std::string>(),
                                      .scheme = port.at(4).get<std::string>()});
        workload.publish_address = json.at("publish_address").get<std::string>();
        workload.data_path = json.at("data_path").get<std::string>();
        workload.encrypted = json.value("encrypted", false);
        workload.keep_alive = json.at("keep_alive").get<bool>();
        return workload;
    });
}

std::string encode_spec(const Spec& spec)
{
    return dump_json(Json{{"id", spec.id},
                          {"name", spec.name},
                          {"description", spec.description},
                          {"cpu_millicores", spec.cpu_millicores},
                          {"memory_mb", spec.memory_mb},
                          {"disk_gb", spec.disk_gb},
                          {"rate_msats_per_sec", spec.rate_msats_per_sec}});
}

Result<Spec> decode_spec(const std::string& text)
{
    return read("spec", [&text] {
        const Json json = Json::parse(text);
        return Spec{.id = json.at("id").get<std::string>(),
                    .name = json.at("name").get<std::string>(),
                    .description = json.at("description").get<std::string>(),
                    .cpu_millicores = json.at("cpu_millicores").get<uint32_t>(),
                    .memory_mb = json.at("memory_mb").get<uint64_t>(),
                    .disk_gb = json.at("disk_gb").get<uint64_t>(),
                    .rate_msats_per_sec = json.at("rate_msats_per_sec").get<uint64_t>()};
    });
}

} // namespace berth::provider
