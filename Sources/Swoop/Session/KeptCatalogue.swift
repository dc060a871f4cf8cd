// What a standing cluster keeps, as its coordinator last told it, and the program's own requests
// that it has not answered.

import SwoopModel
import Synchronization

/// What is kept in a cluster.
final class KeptCatalogue: Sendable {
    private struct State {
        var kept: [KeptState] = []
        var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var wishes: UInt64 = 0
        /// Why nothing is answered any more.
        var end: SwoopError?
    }

    private let state = Mutex(State())

    /// Everything that is kept, in the order of the names.
    var all: [KeptState] { state.withLock { $0.kept } }

    /// The coordinator told what is kept.
    func take(_ kept: [KeptState]) { state.withLock { $0.kept = kept } }

    /// Has a request sent, and waits until it is granted.
    ///
    /// - Parameter send: is given the number that the answer will have.
    /// - Throws: `.notKept` with the coordinator's reason.
    func wish(_ send: (UInt64) -> Void) async throws {
        let number = state.withLock { state in
            state.wishes += 1
            return state.wishes
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let end: (any Error)? = state.withLock { state in
                    if let end = state.end { return end }
                    if Task.isCancelled { return CancellationError() }
                    state.waiters[number] = continuation
                    return nil
                }
                if let end { return continuation.resume(throwing: end) }
                send(number)
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
            waiter?.resume(throwing: CancellationError())
        }
    }

    /// The coordinator answered a request.
    func settle(_ number: UInt64, refusal: String) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
        guard refusal.isEmpty else {
            waiter?.resume(throwing: SwoopError(.notKept, refusal))
            return
        }
        waiter?.resume()
    }

    /// No answer will come any more.
    func end(_ error: SwoopError) {
        let waiters = state.withLock { state in
            state.end = state.end ?? error
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(throwing: error) }
    }

    // MARK: Looking up

    /// What is kept under a name, if it is of that type.
    func find(_ name: String, _ wanted: KeptType) throws(SwoopError) -> KeptState {
        let all = all
        guard let found = all.first(where: { $0.name == name }) else {
            throw SwoopError(
                .notKept, KeptState.absence(of: name, among: all.map(\.name)),
                advice: "`swoop data` lists what is kept; `cluster.keep(array, as: \"\(name)\")` "
                    + "keeps something.")
        }
        guard found.loss.isEmpty else {
            throw SwoopError(
                .notKept, "what was kept as \"\(name)\" is lost: \(found.loss)",
                advice: "Keep it anew, or forget it (`swoop data free \(name)`).")
        }
        guard found.type.isArray == wanted.isArray else {
            let call =
                found.type.isArray
                ? "remote.kept(\"\(name)\", of: \(found.type.name).self)"
                : "remote.kept(\"\(name)\", as: \(found.type.name).self)"
            throw SwoopError(
                .notKept,
                "\"\(name)\" is \(found.type.words), and \(wanted.words) was asked for",
                advice: "Write \(call).")
        }
        guard found.type.layout == wanted.layout else {
            throw SwoopError(
                .notKept,
                "\"\(name)\" is \(found.type.words), and \(wanted.words) was asked for: it was kept "
                    + "as \(found.type.layout), and this program reads \(wanted.layout)",
                advice: "Read it as the type that it was kept as, or keep it anew "
                    + "(`replacing: true`).")
        }
        return found
    }
}
