#include "net/served_requests.h"

#include "net/socket_table.h"

#include <array>
#include <charconv>
#include <vector>

namespace berth::net {

namespace {

constexpr int kReceiveTimeoutSeconds = 30;
constexpr int kAnswerTimeoutSeconds = 120;

const char* name_of_method(int method)
{
    switch (method) {
    case LWSHUMETH_GET:
        return "GET";
    case LWSHUMETH_POST:
        return "POST";
    case LWSHUMETH_OPTIONS:
        return "OPTIONS";
    case LWSHUMETH_PUT:
        return "PUT";
    case LWSHUMETH_PATCH:
        return "PATCH";
    case LWSHUMETH_DELETE:
        return "DELETE";
    case LWSHUMETH_HEAD:
        return "HEAD";
    default:
        return "";
    }
}

std::string copy_custom_header(lws* wsi, std::string_view name_with_colon)
{
    const int name_length = static_cast<int>(name_with_colon.size());
    const int length = lws_hdr_custom_length(wsi, name_with_colon.data(), name_length);
    if (length <= 0)
        return {};
    std::string value(static_cast<size_t>(length) + 1, '\0');
    const int copied = lws_hdr_custom_copy(wsi, value.data(), length + 1, name_with_colon.data(), name_length);
    value.resize(copied < 0 ? 0 : static_cast<size_t>(length));
    return value;
}

ServedRequest read_request(lws* wsi, uint64_t id)
{
    char* path = nullptr;
    int path_length = 0;
    const int method = lws_http_get_uri_and_method(wsi, &path, &path_length);
    ServedRequest request{.id = id,
                          .method = name_of_method(method),
                          .path = {},
                          .accept = copy_header(wsi, WSI_TOKEN_HTTP_ACCEPT),
                          .host = copy_header(wsi, WSI_TOKEN_HOST),
                          .body = {},
                          .headers = {}};
    if (path != nullptr && path_length > 0)
        request.path.assign(path, static_cast<size_t>(path_length));
    if (std::string value = copy_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION); !value.empty())
        request.headers.emplace_back("authorization", std::move(value));
    if (std::string value = copy_custom_header(wsi, "x-cashu:"); !value.empty())
        request.headers.emplace_back("x-cashu", std::move(value));
    return request;
}

/// 0 if absent or not a number: then no body is read.
size_t announced_body_bytes(lws* wsi)
{
    const std::string text = copy_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    size_t bytes = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
    return error == std::errc{} && end == text.data() + text.size() ? bytes : 0;
}

bool add_header(lws* wsi, const char* name, std::string_view value, unsigned char** position, unsigned char* end)
{
    return lws_add_http_header_by_name(wsi, reinterpret_cast<const unsigned char*>(name),
                                       reinterpret_cast<const unsigned char*>(value.data()),
                                       static_cast<int>(value.size()), position, end) == 0;
}

} // namespace

ServedRequests::Exchange* ServedRequests::find(lws* wsi)
{
    const auto found = exchanges_.find(reinterpret_cast<uintptr_t>(lws_get_opaque_user_data(wsi)));
    return found != exchanges_.end() && found->second.wsi == wsi ? &found->second : nullptr;
}

int ServedRequests::on_request(lws* wsi, uint64_t id, const ServeOptions& options)
{
    lws_set_opaque_user_data(wsi, reinterpret_cast<void*>(static_cast<uintptr_t>(id)));
    Exchange& exchange = exchanges_.try_emplace(id, Exchange{.wsi = wsi, .options = &options}).first->second;
    exchange.request = read_request(wsi, id);
    exchange.is_head = exchange.request.method == "HEAD";
    const size_t body_bytes = announced_body_bytes(wsi);
    if (body_bytes > options.body_bytes_max)
        answer(exchange, HTTP_STATUS_REQ_ENTITY_TOO_LARGE, "text/plain", "the body is too large\n");
    else if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
        answer(exchange, HTTP_STATUS_LENGTH_REQUIRED, "text/plain", "Content-Length is required\n");
    else if (body_bytes == 0)
        hand_over(exchange);
    else
        lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, kReceiveTimeoutSeconds);
    return 0;
}

int ServedRequests::on_body(lws* wsi, std::string_view piece)
{
    Exchange* exchange = find(wsi);
    if (exchange == nullptr || exchange->phase != Phase::receiving)
        return 0;
    if (piece.size() > exchange->options->body_bytes_max - exchange->request.body.size())
        return -1; // more than was announced
    exchange->request.body.append(piece);
    return 0;
}

int ServedRequests::on_body_complete(lws* wsi)
{
    Exchange* exchange = find(wsi);
    if (exchange != nullptr && exchange->phase == Phase::receiving)
        hand_over(*exchange);
    return 0;
}

void ServedRequests::hand_over(Exchange& exchange)
{
    if (exchange.request.method == "OPTIONS") {
        answer(exchange, HTTP_STATUS_NO_CONTENT, "text/plain", {});
        return;
    }
    if (!exchange.options->on_request) {
        answer(exchange, HTTP_STATUS_NOT_FOUND, "text/plain", "nothing here\n");
        return;
    }
    exchange.phase = Phase::waiting;
    lws_set_timeout(exchange.wsi, PENDING_TIMEOUT_HTTP_CONTENT, kAnswerTimeoutSeconds);
    exchange.options->on_request(std::move(exchange.request));
}

void ServedRequests::respond(uint64_t id, int status, std::string content_type, std::string body)
{
    const auto found = exchanges_.find(id);
    if (found != exchanges_.end() && found->second.phase == Phase::waiting)
        answer(found->second, status, std::move(content_type), std::move(body));
}

void ServedRequests::answer(Exchange& exchange, int status, std::string content_type, std::string body)
{
    exchange.status = status;
    exchange.content_type = std::move(content_type);
    exchange.answer = std::move(body);
    exchange.phase = Phase::headers;
    lws_set_timeout(exchange.wsi, PENDING_TIMEOUT_HTTP_CONTENT, kReceiveTimeoutSeconds);
    (void)lws_callback_on_writable(exchange.wsi);
}

int ServedRequests::on_writable(lws* wsi)
{
    Exchange* exchange = find(wsi);
    if (exchange == nullptr)
        return 0;
    switch (exchange->phase) {
    case Phase::receiving:
    case Phase::waiting:
        return 0;
    case Phase::headers:
        return write_headers(*exchange);
    case Phase::body:
        return write_body(*exchange);
    }
    return 0;
}

int ServedRequests::write_headers(Exchange& exchange)
{
    std::array<unsigned char, LWS_PRE + 2048> buffer{};
    unsigned char* const start = buffer.data() + LWS_PRE;
    unsigned char* const end = buffer.data() + buffer.size() - 1;
    unsigned char* position = start;
    lws* wsi = exchange.wsi;
    if (lws_add_http_common_headers(wsi, static_cast<unsigned>(exchange.status), exchange.content_type.c_str(),
                                    exchange.answer.size(), &position, end) != 0 ||
        !add_header(wsi, "access-control-allow-origin:", "*", &position, end) ||
        !add_header(wsi, "access-control-allow-headers:", "*", &position, end) ||
        !add_header(wsi, "access-control-allow-methods:", "GET, POST, OPTIONS", &position, end) ||
        lws_finalize_write_http_header(wsi, start, &position, end) != 0)
        return -1;
    if (exchange.answer.empty() || exchange.is_head)
        return complete(exchange);
    exchange.phase = Phase::body;
    (void)lws_callback_on_writable(wsi);
    return 0;
}

int ServedRequests::write_body(Exchange& exchange)
{
    std::string framed(LWS_PRE, '\0');
    framed += exchange.answer;
    auto* start = reinterpret_cast<unsigned char*>(framed.data() + LWS_PRE);
    if (lws_write(exchange.wsi, start, exchange.answer.size(), LWS_WRITE_HTTP_FINAL) < 0)
        return -1;
    return complete(exchange);
}

/// The connection stays for its next request, except after a body that was not read.
int ServedRequests::complete(Exchange& exchange)
{
    lws* wsi = exchange.wsi;
    const bool has_unread_body =
        exchange.status == HTTP_STATUS_REQ_ENTITY_TOO_LARGE || exchange.status == HTTP_STATUS_LENGTH_REQUIRED;
    on_gone(wsi);
    lws_set_opaque_user_data(wsi, nullptr);
    return lws_http_transaction_completed(wsi) != 0 || has_unread_body ? -1 : 0;
}

void ServedRequests::on_gone(lws* wsi)
{
    if (find(wsi) != nullptr)
        exchanges_.erase(reinterpret_cast<uintptr_t>(lws_get_opaque_user_data(wsi)));
}

} // namespace berth::net
