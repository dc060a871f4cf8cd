// A process of this tool that the kernel talks to: orders in, news out, a line each.

import CSwoopSystem
import Glibc
import SwoopKernel
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// A process that was started to take orders.
final class LineProcess {
    /// What its descriptors are numbered: `ChildProcess` counts them by their names.
    static let numbers: (news: Int32, orders: Int32) = (3, 4)

    /// The process.
    let child: ChildProcess
    /// Where its news come from.
    let news: OutputPipe
    private let orders: OwnedDescriptor
    private var lines = PipeLines()

    /// Starts one: this executable, with another command.
    init(
        _ command: [String], output: LaunchRequest.Output = .piped,
        environment: [String: String] = [:]
    ) throws {
        var orderEnds: [Int32] = [-1, -1]
        var newsEnds: [Int32] = [-1, -1]
        guard unsafe swoop_pipe(&orderEnds) == 0, unsafe swoop_pipe(&newsEnds) == 0 else {
            throw ToolError("no pipe can be made: \(SystemWords.of(errno))")
        }
        orders = OwnedDescriptor(owning: orderEnds[1])
        news = OutputPipe(owning: newsEnds[0])
        _ = swoop_set_nonblocking(newsEnds[0])
        defer {
            _ = close(orderEnds[0])
            _ = close(newsEnds[1])
        }
        var request = LaunchRequest(program: "/proc/self/exe", arguments: command)
        request.descriptors = ["news": newsEnds[1], "orders": orderEnds[0]]
        request.output = output
        request.environment = environment
        child = try ChildProcess(starting: request)
    }

    /// Sends an order; what it cannot take any more is dropped, since its end is heard of.
    func send(_ line: String) { PipeLine.write(line, to: orders.rawValue) }

    /// Lines that have come.
    func takeLines() -> [[UInt8]] {
        lines.append(news.read(limit: 1 << 20))
        return lines.take()
    }

    /// In such a process: that its descriptors are there, and end with it.
    static func checkDescriptors() throws {
        guard fcntl(numbers.orders, F_SETFD, FD_CLOEXEC) == 0,
            fcntl(numbers.news, F_SETFD, FD_CLOEXEC) == 0
        else { throw ToolError("only the kernel starts this: call `swoop kernel run`") }
    }
}
