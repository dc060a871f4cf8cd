// The bytes of programs for nodes that lack them, read and compressed on a thread of their own: the
// coordinator's loop waits for no disk.

import SwoopLaunching
package import SwoopModel
import SwoopTransport
import Synchronization

/// Programs that can be sent to nodes.
package final class ProgramDepot: Sendable {
    /// A part of a file that a node asks for.
    package struct Range: Sendable {
        package var node: NodeID
        package var program: ProgramID
        package var digest: String
        package var offset: Int64
        package var count: Int64
    }

    /// What became of a question.
    package enum News: Sendable {
        /// The piece, compressed.
        case read(Range, [UInt8])
        case failed(Range, String)
    }

    private enum Work: Sendable {
        case keep(Bundle)
        case forget(ProgramID)
        case read(Range)
        case stop
    }

    private let work: Inbox<Work>
    private let thread = Mutex<LoopThread?>(nil)
    private let tell: @Sendable (News) -> Void
    /// What was compressed is kept for other nodes until nobody asked for so long: a minute.
    private static let keepingTime = 60 * nanosecondsPerSecond

    /// `tell` is called on the depot's thread and must not block.
    init(tell: @escaping @Sendable (News) -> Void) throws(TransportError) {
        work = try Inbox()
        self.tell = tell
    }

    func keep(_ bundle: Bundle) { work.put(.keep(bundle)) }

    func forget(_ program: ProgramID) { work.put(.forget(program)) }

    /// `read` or `failed` follows.
    func read(_ range: Range) {
        do {
            try startThread()
            work.put(.read(range))
        } catch {
            tell(.failed(range, "\(error)"))
        }
    }

    /// Ends the thread.
    func stop() {
        work.put(.stop)
        thread.withLock { $0.take()?.join() }
    }

    private func startThread() throws(TransportError) {
        try thread.withLock { thread throws(TransportError) in
            guard thread == nil else { return }
            thread = try LoopThread(named: "program-depot") { [self] in serve() }
        }
    }

    // MARK: On its thread

    private func serve() {
        var poll = PollLoop()
        _ = poll.watch(descriptor: work.wakeup.descriptor)
        var programs: [ProgramID: (bundle: Bundle, archive: BundleArchive)] = [:]
        var forgetAt: Int64?
        while (try? poll.wait(until: forgetAt)) != nil {
            if let due = forgetAt, due <= MonotonicClock.nanoseconds() {
                for program in programs.values { program.archive.forget() }
                forgetAt = nil
            }
            for item in work.take() {
                switch item {
                case .stop: return
                case .keep(let bundle):
                    programs[bundle.manifest.id] = (bundle, BundleArchive(of: bundle))
                case .forget(let program): programs[program] = nil
                case .read(let range):
                    tell(answer(range, programs[range.program]))
                    forgetAt = MonotonicClock.nanoseconds() + Self.keepingTime
                }
            }
        }
    }

    private func answer(
        _ range: Range, _ program: (bundle: Bundle, archive: BundleArchive)?
    ) -> News {
        guard let program, let file = program.bundle.file(withDigest: range.digest) else {
            return .failed(range, "the coordinator has no such file of the program")
        }
        let piece = Int64(Bundle.pieceBytes)
        guard range.offset >= 0, range.offset % piece == 0, range.offset < file.byteCount else {
            return .failed(range, "a part of \(file.name) was asked for that is no piece of it")
        }
        do throws(BundleError) {
            return .read(range, try program.archive.member(Int(range.offset / piece), of: file))
        } catch {
            return .failed(range, "\(error)")
        }
    }
}
