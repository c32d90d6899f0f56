// base/task.hpp: Task<T>, the coroutine type of the product, without any I/O library behind it.
//
// A Task is lazy: it runs when awaited or started. It runs on the thread that resumes it. Whoever
// completes an operation on another thread hands the continuation to an `Executor`, normally the
// one of the I/O thread that accepted the request, so that a handler lives on one thread from its
// first line to its last and needs no lock for its own locals.
//
// Rules: parameters of a coroutine by value, or a reference to something that the header says
// outlives the call; no capturing lambda is a coroutine; nothing is detached except through
// `start`, whose caller names what happens at the end.
//
// Exceptions: none cross a module; one that escapes a Task is our own mistake and ends the process.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "base/check.hpp"

namespace curfew {

// Runs functions later, in order, on the thread or pool that it stands for. post() may be called
// from any thread. An Executor outlives every Task that was started on it.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(std::function<void()> work) = 0;
};

// Runs the work at once in the caller: for tests and for tools without threads.
class InlineExecutor final : public Executor {
 public:
  void post(std::function<void()> work) override { work(); }
};

template <typename T>
class [[nodiscard]] Task {
 public:
  struct promise_type {
    std::optional<T> value;
    std::coroutine_handle<> continuation;

    Task get_return_object() {
      return Task{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Final {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> ended) noexcept {
        const std::coroutine_handle<> next = ended.promise().continuation;
        return next ? next : std::noop_coroutine();
      }
      void await_resume() noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
    template <typename U>
    void return_value(U&& result) {
      value.emplace(std::forward<U>(result));
    }
    [[noreturn]] void unhandled_exception() { std::terminate(); }
  };

  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  Task(const Task&) = delete;
  ~Task() {
    if (frame_) frame_.destroy();
  }

  auto operator co_await() && {
    struct Awaiter {
      std::coroutine_handle<promise_type> frame;
      bool await_ready() { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) {
        frame.promise().continuation = waiting;
        return frame;
      }
      T await_resume() {
        CURFEW_CHECK(frame.promise().value.has_value());
        return std::move(*frame.promise().value);
      }
    };
    return Awaiter{frame_};
  }

 private:
  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  std::coroutine_handle<promise_type> frame_;
};

// A result that another thread, or a later event, delivers once. `co_await` on it suspends; the
// resumption happens through `executor`. Made by await_callback below.
template <typename T>
class CallbackAwaiter {
 public:
  using Deliver = std::function<void(T)>;
  CallbackAwaiter(Executor& executor, std::function<void(Deliver)> begin)
      : executor_(executor), begin_(std::move(begin)) {}

  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    // `this` lives in the suspended frame until the posted work resumes it.
    begin_([this, waiting](T value) {
      value_.emplace(std::move(value));
      executor_.post([waiting] { waiting.resume(); });
    });
  }
  T await_resume() { return std::move(*value_); }

 private:
  Executor& executor_;
  std::function<void(Deliver)> begin_;
  std::optional<T> value_;
};

// Turns a callback operation into something to await: begin(deliver) starts it, deliver(value) is
// called exactly once, on any thread. With an InlineExecutor the delivery must not happen inside
// `begin` on the same stack more than a bounded number of times (it resumes recursively).
template <typename T>
[[nodiscard]] CallbackAwaiter<T> await_callback(
    Executor& executor, std::function<void(typename CallbackAwaiter<T>::Deliver)> begin) {
  return CallbackAwaiter<T>{executor, std::move(begin)};
}

namespace detail {
struct StartedTask {
  struct promise_type {
    StartedTask get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    [[noreturn]] void unhandled_exception() { std::terminate(); }
  };
};
template <typename T>
StartedTask run_to_end(Task<T> task, std::function<void(T)> at_end) {
  T value = co_await std::move(task);
  at_end(std::move(value));
}
}  // namespace detail

// Runs `task` in the calling thread until its first suspension; calls at_end with its value, on
// whatever thread the task ends. The caller sees to it that everything the task refers to lives
// until then.
template <typename T>
void start(Task<T> task, std::function<void(T)> at_end) {
  detail::run_to_end<T>(std::move(task), std::move(at_end));
}

}  // namespace curfew
