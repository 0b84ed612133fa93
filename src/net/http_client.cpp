#include "net/http_client.h"

#include "net/curl_exchange.h"
#include "util/check.h"

namespace berth::net {

namespace {

HttpResult exchange(void* easy, const HttpRequest& request, PieceHandler piece)
{
    CurlExchange exchange{easy, request, std::move(piece)};
    TRY(exchange.prepare());
    return exchange.finish(curl_easy_perform(easy));
}

} // namespace

HttpClient::HttpClient()
{
    start_curl();
    easy_ = curl_easy_init();
    VERIFY(easy_ != nullptr);
}

HttpClient::~HttpClient()
{
    curl_easy_cleanup(easy_);
}

HttpResult HttpClient::send(const HttpRequest& request)
{
    return exchange(easy_, request, {});
}

HttpResult HttpClient::stream(const HttpRequest& request, const std::function<bool(std::string_view)>& piece)
{
    return exchange(easy_, request, piece);
}

} // namespace berth::net
