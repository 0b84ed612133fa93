#include "net/curl_exchange.h"

#include "util/check.h"

#include <algorithm>
#include <string>
#include <utility>

namespace berth::net {

namespace {

constexpr size_t kHeaderBytesMax = 64 * 1024;
constexpr std::chrono::milliseconds kSignInterval{800};

/// The values are ours, so a refused option is a bug or a libcurl without the feature.
template <class Value>
void set_option(CURL* easy, CURLoption option, Value value)
{
    VERIFY(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

bool is_idempotent(const std::string& method)
{
    return method == "GET" || method == "HEAD";
}

bool is_one_line(std::string_view text)
{
    return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool equals_ignoring_case(std::string_view left, std::string_view right)
{
    return left.size() == right.size() && curl_strnequal(left.data(), right.data(), left.size()) != 0;
}

/// Failures that repeat however often the same request is sent, or that say the peer does not speak HTTP.
bool is_bad_input(CURLcode code)
{
    switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
        return true;
    default:
        return false;
    }
}

} // namespace

void start_curl()
{
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    VERIFY(started == CURLE_OK);
}

CurlExchange::CurlExchange(CURL* easy, HttpRequest request, PieceHandler piece)
    : easy_{easy}, request_{std::move(request)}, piece_{std::move(piece)}
{
    VERIFY(easy_ != nullptr);
}

CurlExchange::~CurlExchange()
{
    curl_easy_reset(easy_);
}

Result<void> CurlExchange::prepare()
{
    if (!is_one_line(request_.method) || request_.method.empty())
        return fail(Errc::bad_input, "the HTTP method is malformed");
    if (!is_one_line(request_.url) || request_.url.find(' ') != std::string::npos)
        return fail(Errc::bad_input, "the URL is malformed");
    set_option(easy_, CURLOPT_URL, request_.url.c_str());
    TRY(set_headers());
    set_method();
    set_limits();
    set_route();
    set_callbacks();
    return {};
}

Result<void> CurlExchange::set_headers()
{
    std::vector<std::string> lines{"Expect:"}; // a line without a value removes libcurl's own header
    bool has_content_type = false;
    for (const auto& [name, value] : request_.headers) {
        if (name.empty() || name.find(':') != std::string::npos || !is_one_line(name) || !is_one_line(value))
            return fail(Errc::bad_input, "the HTTP header {} is malformed", name);
        has_content_type = has_content_type || equals_ignoring_case(name, "content-type");
        lines.push_back(value.empty() ? name + ";" : name + ": " + value);
    }
    if (!has_content_type)
        lines.emplace_back("Content-Type:");
    for (const std::string& line : lines) {
        curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
        VERIFY(longer != nullptr);
        (void)headers_.release();
        headers_.reset(longer);
    }
    set_option(easy_, CURLOPT_HTTPHEADER, headers_.get());
    return {};
}

void CurlExchange::set_method()
{
    if (request_.method == "POST" || request_.method == "PUT") {
        set_option(easy_, CURLOPT_POST, 1L);
        set_option(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
        set_option(easy_, CURLOPT_POSTFIELDS, request_.body.data());
    }
    if (request_.method == "HEAD")
        set_option(easy_, CURLOPT_NOBODY, 1L);
    else if (request_.method != "GET" && request_.method != "POST")
        set_option(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    // On a kept connection that turns out dead, libcurl sends the request again. That must not happen to a request
    // that changes something: its first copy may have been processed.
    if (!is_idempotent(request_.method))
        set_option(easy_, CURLOPT_FRESH_CONNECT, 1L);
}

void CurlExchange::set_limits()
{
    set_option(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
    set_option(easy_, CURLOPT_FOLLOWLOCATION, 0L);
    set_option(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set_option(easy_, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    set_option(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    // The bundle file is enough; hashing through the directory beside it doubles the work of each handshake.
    set_option(easy_, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    set_option(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
    set_option(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout.count()));
    set_option(easy_, CURLOPT_NOSIGNAL, 1L);
    set_option(easy_, CURLOPT_USERAGENT, "berth/" BERTH_VERSION);
}

void CurlExchange::set_route()
{
    if (!request_.unix_socket.empty())
        set_option(easy_, CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.c_str());
    // An empty proxy, unlike none, makes libcurl ignore the environment. socks5h: the proxy resolves the name.
    const std::string proxy = request_.socks5_proxy.empty() ? "" : "socks5h://" + request_.socks5_proxy;
    set_option(easy_, CURLOPT_PROXY, proxy.c_str());
    set_option(easy_, CURLOPT_NOPROXY, "");
}

void CurlExchange::set_callbacks()
{
    set_option(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
    set_option(easy_, CURLOPT_WRITEFUNCTION, &CurlExchange::on_body);
    set_option(easy_, CURLOPT_WRITEDATA, static_cast<void*>(this));
    set_option(easy_, CURLOPT_HEADERFUNCTION, &CurlExchange::on_header);
    set_option(easy_, CURLOPT_HEADERDATA, static_cast<void*>(this));
    if (piece_ || request_.hang_up) {
        set_option(easy_, CURLOPT_NOPROGRESS, 0L);
        set_option(easy_, CURLOPT_XFERINFOFUNCTION, &CurlExchange::on_progress);
        set_option(easy_, CURLOPT_XFERINFODATA, static_cast<void*>(this));
    }
}

bool CurlExchange::take_piece(std::string_view piece)
{
    long status = 0;
    (void)curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    if (piece_ && status >= 200 && status < 300) {
        has_hung_up_ = !piece_(piece);
        return !has_hung_up_;
    }
    if (piece.size() > request_.response_bytes_max - body_.size()) {
        is_too_large_ = true;
        return false;
    }
    body_.append(piece);
    return true;
}

/// libcurl reports progress at every turn of its loop, and at least once a second.
bool CurlExchange::is_time_for_a_sign()
{
    const auto now = std::chrono::steady_clock::now();
    if (now - last_sign_ < kSignInterval)
        return false;
    last_sign_ = now;
    return true;
}

size_t CurlExchange::on_body(char* data, size_t size, size_t count, void* self) noexcept
{
    return static_cast<CurlExchange*>(self)->take_piece({data, size * count}) ? size * count : 0;
}

size_t CurlExchange::on_header(char*, size_t size, size_t count, void* self) noexcept
{
    auto* exchange = static_cast<CurlExchange*>(self);
    exchange->header_bytes_ += size * count;
    exchange->is_too_large_ = exchange->header_bytes_ > kHeaderBytesMax;
    return exchange->is_too_large_ ? 0 : size * count;
}

int CurlExchange::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept
{
    auto* exchange = static_cast<CurlExchange*>(self);
    if (exchange->request_.hang_up && *exchange->request_.hang_up)
        return 1;
    if (!exchange->piece_ || !exchange->is_time_for_a_sign())
        return 0;
    exchange->has_hung_up_ = !exchange->piece_({});
    return exchange->has_hung_up_ ? 1 : 0;
}

std::string CurlExchange::header(const char* name) const
{
    curl_header* found = nullptr;
    if (curl_easy_header(easy_, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK)
        return {};
    return found->value;
}

HttpResult CurlExchange::finish(CURLcode code)
{
    if (is_too_large_)
        return fail(Errc::bad_input, "the answer is larger than {} bytes", request_.response_bytes_max);
    if (code == CURLE_OK || has_hung_up_) {
        long status = 0;
        (void)curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
        return HttpResponse{.status = static_cast<int>(status),
                            .body = std::move(body_),
                            .content_type = header("Content-Type"),
                            .retry_after = header("Retry-After"),
                            .date = header("Date")};
    }
    if (code == CURLE_ABORTED_BY_CALLBACK)
        error_text_ = "given up, as berth is being stopped";
    const std::string_view detail = error_text_.c_str();
    const std::string_view text = detail.empty() ? std::string_view{curl_easy_strerror(code)} : detail;
    if (is_bad_input(code))
        return fail(Errc::bad_input, "{}", text);
    long bytes_sent = 0;
    (void)curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &bytes_sent);
    return fail(bytes_sent > 0 ? Errc::outcome_unknown : Errc::unavailable, "{}", text);
}

} // namespace berth::net
