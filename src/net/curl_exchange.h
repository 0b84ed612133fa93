#pragma once
// One HTTP exchange on a libcurl easy handle: the only place where options are set and outcomes are judged.
// Internal to net; http_client.h and http_thread.h drive it.

#include "net/http.h"

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <string_view>

namespace berth::net {

/// Gets the body piece by piece; false hangs up.
using PieceHandler = std::function<bool(std::string_view)>;

/// Initialises libcurl the first time. Call it before anything else of libcurl.
void start_curl();

/// Lives where it was made while the transfer runs: libcurl holds its address.
class CurlExchange {
public:
    /// `easy` is not owned. An empty `piece` collects the body.
    CurlExchange(CURL* easy, HttpRequest request, PieceHandler piece);
    ~CurlExchange(); ///< takes every option off the handle again; its connections stay open
    CurlExchange(const CurlExchange&) = delete;
    CurlExchange& operator=(const CurlExchange&) = delete;

    /// Sets all options. bad_input if the request can't be put into HTTP.
    [[nodiscard]] Result<void> prepare();

    /// What the transfer came to.
    [[nodiscard]] HttpResult finish(CURLcode code);

private:
    [[nodiscard]] Result<void> set_headers();
    void set_method();
    void set_limits();
    void set_route();
    void set_callbacks();
    [[nodiscard]] bool take_piece(std::string_view piece);
    [[nodiscard]] bool is_time_for_a_sign();
    [[nodiscard]] std::string header(const char* name) const;

    static size_t on_body(char* data, size_t size, size_t count, void* self) noexcept;
    static size_t on_header(char* data, size_t size, size_t count, void* self) noexcept;
    static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept;

    struct FreeList {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };

    CURL* easy_;
    HttpRequest request_;
    PieceHandler piece_;
    std::unique_ptr<curl_slist, FreeList> headers_;
    std::string body_;
    std::string error_text_ = std::string(CURL_ERROR_SIZE, '\0'); ///< libcurl writes here
    size_t header_bytes_ = 0;
    bool is_too_large_ = false;
    bool has_hung_up_ = false;
    std::chrono::steady_clock::time_point last_sign_ = std::chrono::steady_clock::now();
};

} // namespace berth::net
