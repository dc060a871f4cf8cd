// How every wait for a host ends: with what was waited for, at a deadline, or when the user stops.

import Glibc
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// The patience for one host: its name, the step that it is at, the deadline of that step.
///
/// Used by the host's thread.
final class HostWait {
    let host: String
    private(set) var step: HostError.Step = .resolve
    /// What a step that ran out of time was doing: "the SSH handshake".
    var doing = ""
    /// What somebody beside the host prints meanwhile, who would stop if nobody read it.
    var chatter: Chatter?
    private var cancelled: Wakeup
    private var limit: Int64 = 0
    private var deadline: Int64 = 0

    /// `cancelled` is raised, by any thread and for good, when the user stops.
    init(host: String, cancelled: Wakeup) {
        self.host = host
        self.cancelled = cancelled
    }

    /// Begins a step that may take `limit` nanoseconds.
    func begin(_ step: HostError.Step, within limit: Int64) {
        self.step = step
        self.limit = limit
        extend()
    }

    /// Goes on until somebody else stops it, or nothing can be waited for any longer.
    func outlast(until cancelled: Wakeup) {
        self.cancelled = cancelled
        limit = Int64.max / 2
        extend()
    }

    /// Goes on to another step with the deadline of the one before.
    func proceed(to step: HostError.Step) { self.step = step }

    /// Gives the step its whole time again: something moved.
    func extend() { deadline = MonotonicClock.nanoseconds() + limit }

    /// Nanoseconds that are left.
    var left: Int64 { max(0, deadline - MonotonicClock.nanoseconds()) }

    /// Says that the step's time is over, or that the user has stopped, where nothing is waited
    /// for.
    func check() throws(HostError) {
        if isCancelled { throw cancellation }
        guard left == 0 else { return }
        throw error(
            "it prints without an end, and gave no answer within \(seconds(limit))"
                + (doing.isEmpty ? "." : " (\(doing))."))
    }

    /// Waits until a descriptor is ready; what it is ready for.
    func wait(for descriptor: Int32, _ events: Int32) throws(HostError) -> Int32 {
        var items = [pollfd(fd: descriptor, events: Int16(events), revents: 0)]
        guard try wait(for: &items, atMost: Int64.max) else {
            throw error(
                "no answer within \(seconds(limit))" + (doing.isEmpty ? "" : " (\(doing))."))
        }
        return Int32(items[0].revents)
    }

    /// Waits until one of several is ready; false when `atMost` nanoseconds or the step's time
    /// have passed.
    func wait(for items: inout [pollfd], atMost: Int64) throws(HostError) -> Bool {
        var end = min(deadline, MonotonicClock.nanoseconds().addingClamped(atMost))
        let count = items.count
        items.append(pollfd(fd: cancelled.descriptor, events: Int16(POLLIN), revents: 0))
        defer { items.removeLast(items.count - count) }
        while true {
            items.removeLast(items.count - count - 1)
            if let chatter, !chatter.isOver {
                items.append(pollfd(fd: chatter.descriptor, events: Int16(POLLIN), revents: 0))
            }
            let began = MonotonicClock.nanoseconds()
            let milliseconds = max(0, (end - began + 999_999) / 1_000_000)
            let ready = unsafe poll(
                &items, nfds_t(items.count), Int32(clamping: milliseconds))
            // This process was stopped meanwhile: what the host said may lie unread.
            let absence =
                MonotonicClock.nanoseconds() - began - min(milliseconds, 1 << 40) * 1_000_000
            if absence > Self.absenceMin {
                deadline = deadline.addingClamped(absence)
                end = end.addingClamped(absence)
            }
            if ready < 0, errno == EINTR { continue }
            guard ready >= 0 else { throw error("poll failed: \(systemWords(errno))") }
            if items[count].revents != 0 { throw cancellation }
            chatter?.read()
            if items[..<count].contains(where: { $0.revents != 0 }) { return true }
            if MonotonicClock.nanoseconds() >= end { return false }
        }
    }

    /// A wait that takes so much longer than it should was no wait.
    private static let absenceMin: Int64 = 1_000_000_000

    /// An error of the current step.
    func error(_ message: String, words: String = "") -> HostError {
        HostError(host: host, step: step, message: message, remoteWords: Words.tidy(words))
    }

    /// What a stopped host ends with.
    var cancellation: HostError {
        HostError(host: host, step: .cancelled, message: "stopped before its agent had joined.")
    }

    /// True once the user has stopped.
    var isCancelled: Bool {
        var item = pollfd(fd: cancelled.descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&item, 1, 0) > 0
    }
}

/// The errors that a program prints which helps to reach a host: read as they come, the end kept.
final class Chatter {
    private let pipe: OutputPipe
    private var kept = PrintedStream()

    init(_ pipe: OutputPipe) { self.pipe = pipe }

    var descriptor: Int32 { pipe.descriptor }
    var isOver: Bool { pipe.isEnded }

    /// Reads what is there.
    func read() { kept.append(pipe.read()[...]) }

    /// The last of it.
    var words: String { String(decoding: kept.tail.suffix(4_096), as: UTF8.self) }
}

/// The system's words for an errno.
func systemWords(_ code: Int32) -> String {
    unsafe String(cString: strerror(code))
}

/// A time for people.
func seconds(_ nanoseconds: Int64) -> String {
    nanoseconds % 1_000_000_000 == 0
        ? "\(nanoseconds / 1_000_000_000) s" : "\(nanoseconds / 1_000_000) ms"
}

/// Words of other programs, made fit to be shown.
enum Words {
    /// The last lines, without what a terminal would take for orders.
    static func tidy(_ text: String, limit: Int = 1_200) -> String {
        // A terminal's own line ends.
        var kept = text.unicodeScalars.filter { $0 != "\r" }
        if kept.count > limit { kept.removeFirst(kept.count - limit) }
        let lines = PrintableText.lines(String(kept)).split(separator: "\n").map { line in
            line.drop { $0 == " " || $0 == "\t" }
        }
        return lines.filter { !$0.isEmpty }.suffix(8).joined(separator: "\n")
    }

    /// The same of bytes.
    static func tidy(_ bytes: [UInt8]) -> String {
        tidy(String(decoding: bytes, as: UTF8.self))
    }
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
