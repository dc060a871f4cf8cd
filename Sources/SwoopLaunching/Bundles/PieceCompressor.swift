// Compresses the pieces of a bundle on threads of its own, each once, and keeps them for further
// hosts.

import CSwoopSystem
import Glibc
import SwoopModel
import SwoopTransport
import Synchronization

/// Pieces in compressed form, made when they are wanted.
@safe final class PieceCompressor: Sendable {
    struct Key: Hashable {
        var digest: String
        var index: Int
    }

    private struct State {
        var made: [Key: Result<[UInt8], BundleError>] = [:]
        /// What is to be made, in the order in which it was asked for; reversed, the next last.
        var queue: [(key: Key, file: ProgramFile)] = []
        /// What is in the queue or in the making.
        var ordered: Set<Key> = []
        var threads = 0
    }

    private let bundle: Bundle
    private let level: Int32
    private let state = Mutex(State())
    /// Counts what was made: those who wait for a piece wait for a change of it.
    nonisolated(unsafe) private let madeCount: UnsafeMutablePointer<UInt32>

    /// Threads beyond this many wait for memory and not for processors.
    private static let threadsMax = 8

    init(_ bundle: Bundle, level: Int32) {
        self.bundle = bundle
        self.level = level
        unsafe madeCount = .allocate(capacity: 1)
        unsafe madeCount.initialize(to: 0)
    }

    deinit {
        unsafe madeCount.deallocate()
    }

    /// Begins to make the pieces of these files, in this order, behind what was asked for before.
    func order(_ files: [ProgramFile]) {
        var wanted: [(key: Key, file: ProgramFile)] = []
        for file in files {
            for index in 0..<file.pieceCount {
                wanted.append((Key(digest: file.digest, index: index), file))
            }
        }
        let toStart = state.withLock { state in
            let fresh = wanted.filter {
                state.made[$0.key] == nil && state.ordered.insert($0.key).inserted
            }
            state.queue.insert(contentsOf: fresh.reversed(), at: 0)
            let wished = min(
                ProcessAllowance.cores(), PieceCompressor.threadsMax, state.queue.count)
            let toStart = max(0, wished - state.threads)
            state.threads += toStart
            return toStart
        }
        for _ in 0..<toStart {
            guard let thread = try? LoopThread(named: "swoop-deflate", { self.work() }) else {
                // Whoever waits for a piece makes it then.
                state.withLock { $0.threads -= 1 }
                continue
            }
            thread.detach()
        }
    }

    /// A piece; blocks until it is made.
    func piece(_ index: Int, of file: ProgramFile) throws(BundleError) -> [UInt8] {
        let key = Key(digest: file.digest, index: index)
        while true {
            let seen = unsafe swoop_load_acquire_32(madeCount)
            enum Next {
                case made(Result<[UInt8], BundleError>)
                case make
                case wait
            }
            let next = state.withLock { state -> Next in
                if let result = state.made[key] { return .made(result) }
                if state.threads == 0 || !state.ordered.contains(key) {
                    state.queue.removeAll { $0.key == key }
                    state.ordered.insert(key)
                    return .make
                }
                return .wait
            }
            switch next {
            case .made(let result): return try result.get()
            case .make: make(key, file)
            case .wait: _ = unsafe swoop_futex_wait(madeCount, seen, -1)
            }
        }
    }

    /// Gives the memory of what was made back, and makes nothing more that nobody waits for.
    func forget() {
        state.withLock { state in
            state.made = [:]
            for (key, _) in state.queue { state.ordered.remove(key) }
            state.queue = []
            count()
        }
        wakeAll()
    }

    private func work() {
        while true {
            let next = state.withLock { state in
                let next = state.queue.popLast()
                if next == nil { state.threads -= 1 }
                return next
            }
            guard let next else { break }
            make(next.key, next.file)
        }
        // Whoever waits looks again: with no thread left it makes its piece itself.
        state.withLock { _ in count() }
        wakeAll()
    }

    private func make(_ key: Key, _ file: ProgramFile) {
        let result = Result<[UInt8], BundleError> { () throws(BundleError) in
            Gzip.member(try bundle.piece(key.index, of: file), level: level)
        }
        state.withLock { state in
            state.ordered.remove(key)
            state.made[key] = result
            count()
        }
        wakeAll()
    }

    /// Called under the lock.
    private func count() {
        unsafe swoop_store_release_32(madeCount, swoop_load_relaxed_32(madeCount) &+ 1)
    }

    private func wakeAll() {
        _ = unsafe swoop_futex_wake(madeCount, Int32.max)
    }
}
