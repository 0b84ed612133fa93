#include "compute/docker_client.h"

#include "compute/docker_events.h"
#include "compute/docker_reply.h"
#include "compute/docker_request.h"

#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace berth::compute {

namespace {

using namespace std::chrono_literals;

// The host is not used over the socket, but a URL needs one.
constexpr std::string_view kBaseUrl = "http://docker";
constexpr std::chrono::milliseconds kConnectTimeout = 5s;
constexpr std::chrono::milliseconds kReadTimeout = 15s;
// A start on a loaded host takes seconds, and a volume full of small files takes its time to go.
constexpr std::chrono::milliseconds kChangeTimeout = 120s;
constexpr std::string_view kLibpodPrefix = "/v4.0.0/libpod";
constexpr uint64_t kImportBytesMax = 16ull << 30;

std::string network_path(std::string_view id)
{
    return fmt::format("/networks/{}", percent_encode(id));
}

std::string container_path(std::string_view id, std::string_view rest = {})
{
    return fmt::format("/containers/{}{}", percent_encode(id), rest);
}

/// The name as the Engine's path takes it: slashes stay, and nothing else in a parsed reference needs escaping.
std::string image_path(const ImageReference& image, std::string_view rest = {})
{
    const bool by_digest = !image.digest.empty();
    const std::string& version = by_digest ? image.digest : image.tag;
    return fmt::format("/images/{}{}{}{}", image.name, by_digest ? "@" : ":", version, rest);
}

} // namespace

Result<EngineVersion> DockerClient::negotiate()
{
    net::HttpRequest request;
    request.url = fmt::format("{}/version", kBaseUrl);
    request.unix_socket = link_.socket;
    request.hang_up = link_.hang_up;
    request.connect_timeout = kConnectTimeout;
    request.timeout = kReadTimeout;
    const std::string body = TRY(exchange(request));
    EngineVersion version = TRY(parse_version(body));
    link_.api_minor = TRY(choose_api_minor(version));
    return version;
}

Result<net::HttpRequest> DockerClient::make_request(const char* method, std::string_view path)
{
    if (link_.api_minor == 0)
        TRY(negotiate());
    net::HttpRequest request;
    request.method = method;
    request.url = fmt::format("{}/v1.{}{}", kBaseUrl, link_.api_minor.load(), path);
    request.unix_socket = link_.socket;
    request.hang_up = link_.hang_up;
    request.connect_timeout = kConnectTimeout;
    request.timeout = request.method == "GET" ? kReadTimeout : kChangeTimeout;
    request.response_bytes_max = kReplyBytesMax;
    return request;
}

Result<std::string> DockerClient::exchange(const net::HttpRequest& request)
{
    net::HttpResult response = http_.send(request);
    if (!response) {
        // A question that got no answer changed nothing.
        const bool harmless = request.method == "GET" && response.error().code == Errc::outcome_unknown;
        // libcurl has one word for a socket that is missing and for one that is not ours to use.
        if (::access(link_.socket.c_str(), R_OK | W_OK) != 0)
            return fail(harmless ? Errc::unavailable : response.error().code, "Docker Engine at {}: {}", link_.socket,
                        std::strerror(errno));
        return fail(harmless ? Errc::unavailable : response.error().code, "Docker Engine at {}: {}", link_.socket,
                    response.error().message);
    }
    if (response->status >= 200 && response->status < 300)
        return std::move(response->body);
    if (response->status == 304) // it is in that state already
        return std::string{};
    return refusal(*response);
}

Unexpected DockerClient::refusal(const net::HttpResponse& response)
{
    const std::string message = parse_error_message(response.body);
    // The Engine behind the socket was exchanged for another version: the next call asks again.
    if (response.status == 400 && message.starts_with("client version")) {
        link_.api_minor = 0;
        return fail(Errc::unavailable, "Docker Engine: {}", message);
    }
    // Only the Engine's own word takes a thing away: not a proxy before it, nor a server of another kind at its socket.
    if (response.status == 404 && !is_of_engine(response.body))
        return fail(Errc::unavailable, "Docker Engine: no answer of an Engine's (404): {}", message);
    return fail(classify_failure(response.status, message), "Docker Engine ({}): {}", response.status, message);
}

Result<std::string> DockerClient::get(std::string_view path)
{
    const net::HttpRequest request = TRY(make_request("GET", path));
    return exchange(request);
}

Result<std::string> DockerClient::post(std::string_view path, std::string body)
{
    net::HttpRequest request = TRY(make_request("POST", path));
    if (!body.empty())
        request.headers.emplace_back("Content-Type", "application/json");
    request.body = std::move(body);
    return exchange(request);
}

Result<void> DockerClient::remove(std::string_view path)
{
    const net::HttpRequest request = TRY(make_request("DELETE", path));
    TRY(exchange(request));
    return {};
}

Result<EngineInfo> DockerClient::fetch_info()
{
    const std::string body = TRY(get("/info"));
    EngineInfo info = TRY(parse_info(body));
    info.api_version = fmt::format("1.{}", link_.api_minor.load());
    return info;
}

Result<ImageDetails> DockerClient::inspect_image(const ImageReference& image)
{
    const std::string body = TRY(get(image_path(image, "/json")));
    return parse_image(body);
}

Result<void> DockerClient::import_image(const ImageReference& image, std::string tar,
                                        const std::vector<std::string>& changes)
{
    // In one word, because Podman overlooks a tag of its own.
    std::string path = fmt::format("/images/create?fromSrc=-&repo={}", percent_encode(image.name + ":" + image.tag));
    for (const std::string& change : changes)
        path += "&changes=" + percent_encode(change);
    net::HttpRequest request = TRY(make_request("POST", path));
    request.headers.emplace_back("Content-Type", "application/x-tar");
    request.body = std::move(tar);
    const std::string body = TRY(exchange(request));
    ProgressStream progress{kImportBytesMax};
    (void)progress.add(body);
    return progress.finish();
}

Result<std::vector<StoredImage>> DockerClient::list_images()
{
    const std::string body = TRY(get("/images/json"));
    return parse_image_list(body);
}

Result<void> DockerClient::remove_image(const ImageReference& image)
{
    return remove(image_path(image));
}

Result<std::string> DockerClient::create_network(const NetworkSettings& settings)
{
    // Asked each time, which is little beside making a network: the Engine may have been exchanged.
    const EngineVersion version = TRY(negotiate());
    if (!version.is_podman) {
        const std::string body = TRY(post("/networks/create", make_network_body(settings)));
        return parse_created_id(body);
    }
    net::HttpRequest request = TRY(make_request("POST", {}));
    request.url = fmt::format("{}{}/networks/create", kBaseUrl, kLibpodPrefix);
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = make_libpod_network_body(settings);
    TRY(exchange(request));
    const ListedObject network = TRY(inspect_network(settings.name)); // what was just answered has other names
    return network.id;
}

Result<ListedObject> DockerClient::inspect_network(std::string_view id_or_name)
{
    const std::string body = TRY(get(network_path(id_or_name)));
    return parse_network(body);
}

Result<void> DockerClient::remove_network(std::string_view id)
{
    return remove(network_path(id));
}

Result<ListedObject> DockerClient::create_volume(const VolumeSettings& settings)
{
    const std::string body = TRY(post("/volumes/create", make_volume_body(settings)));
    return parse_volume(body);
}

Result<void> DockerClient::remove_volume(std::string_view name)
{
    return remove(fmt::format("/volumes/{}", percent_encode(name)));
}

Result<std::string> DockerClient::create_container(const ContainerSettings& settings)
{
    const std::string path = fmt::format("/containers/create?name={}", percent_encode(settings.name));
    const std::string body = TRY(post(path, make_container_body(settings)));
    return parse_created_id(body);
}

Result<void> DockerClient::start_container(std::string_view id)
{
    TRY(post(container_path(id, "/start"), {}));
    return {};
}

Result<void> DockerClient::stop_container(std::string_view id, std::chrono::seconds grace)
{
    TRY(post(container_path(id, fmt::format("/stop?t={}", grace.count())), {}));
    return {};
}

Result<ContainerDetails> DockerClient::inspect_container(std::string_view id_or_name)
{
    const std::string body = TRY(get(container_path(id_or_name, "/json")));
    return parse_container(body);
}

Result<ContainerDisk> DockerClient::inspect_disk(std::string_view id)
{
    const std::string body = TRY(get(container_path(id, "/json")));
    return parse_container_disk(body);
}

Result<uint64_t> DockerClient::fetch_layer_bytes(std::string_view id)
{
    const std::string body = TRY(get(container_path(id, "/json?size=1")));
    return parse_layer_bytes(body);
}

Result<void> DockerClient::remove_container(std::string_view id)
{
    return remove(container_path(id, "?force=1&v=1"));
}

Result<std::string> DockerClient::fetch_logs(std::string_view id, uint32_t lines, size_t bytes_max)
{
    const net::HttpRequest request =
        TRY(make_request("GET", container_path(id, fmt::format("/logs?stdout=1&stderr=1&tail={}", lines))));
    LogDemultiplexer logs{bytes_max};
    bool framed = true;
    const net::HttpResult response = http_.stream(request, [&logs, &framed](std::string_view piece) {
        framed = logs.add(piece).has_value();
        return framed;
    });
    if (!response)
        return fail(response.error().code == Errc::outcome_unknown ? Errc::unavailable : response.error().code,
                    "logs: {}", response.error().message);
    if (response->status < 200 || response->status >= 300)
        return refusal(*response);
    if (!framed)
        return fail(Errc::corrupt, "the Engine sent logs without frames");
    return logs.take_text();
}

Result<void> DockerClient::follow_ends(std::string_view label, std::string_view value, std::string told_label,
                                       int64_t since, const std::function<void(const std::string&)>& on_change,
                                       const std::function<bool()>& go_on)
{
    net::HttpRequest request = TRY(make_request("GET", make_events_query(label, value, since)));
    request.timeout = 0s; // until one side hangs up
    EventStream events{std::move(told_label), on_change};
    bool is_readable = true;
    bool is_wanted = true;
    const net::HttpResult response = http_.stream(request, [&](std::string_view piece) {
        is_readable = events.add(piece);
        is_wanted = go_on();
        return is_readable && is_wanted;
    });
    if (!is_wanted)
        return {};
    if (!is_readable)
        return fail(Errc::corrupt, "the Engine's events are not JSON lines");
    if (response && (response->status < 200 || response->status >= 300))
        return refusal(*response);
    return fail(Errc::unavailable, "the Engine's event stream ended");
}

Result<std::vector<ListedObject>> DockerClient::list_containers(std::string_view label, std::string_view value)
{
    const std::string body = TRY(get("/containers/json?all=1&filters=" + make_label_filter(label, value)));
    return parse_container_list(body);
}

Result<std::vector<ListedObject>> DockerClient::list_networks(std::string_view label, std::string_view value)
{
    const std::string body = TRY(get("/networks?filters=" + make_label_filter(label, value)));
    return parse_network_list(body);
}

Result<std::vector<ListedObject>> DockerClient::list_volumes(std::string_view label, std::string_view value)
{
    const std::string body = TRY(get("/volumes?filters=" + make_label_filter(label, value)));
    return parse_volume_list(body);
}

} // namespace berth::compute
