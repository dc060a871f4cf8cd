// Data of a plan that is read when the cluster has room for it, one piece after the other, so that
// this program never holds more of it than the cluster asked for.

import SwoopModel
import SwoopWire
import Synchronization

/// Reads and sends what the coordinator asks for, in the order of asking.
final class DeferredSending: Sendable {
    private struct State {
        var sources: [TaskID: ClientData] = [:]
        var asked: [TaskID] = []
        var isReading = false
    }

    private let state = Mutex(State())

    /// Keeps data until it is asked for; it may be asked for again, as long as the scope lasts.
    func keep(_ data: [TaskID: ClientData]) {
        state.withLock { $0.sources.merge(data) { $1 } }
    }

    /// The scope ended: nothing is asked for any more.
    func forget() {
        state.withLock {
            $0.sources = [:]
            $0.asked = []
        }
    }

    /// Reads the data away from the calling thread and hands it to `send`.
    func bring(_ task: TaskID, send: @escaping @Sendable (ClientMessage) -> Void) {
        let isFirst = state.withLock { state in
            state.asked.append(task)
            defer { state.isReading = true }
            return !state.isReading
        }
        if isFirst { Task { readAll(send) } }
    }

    private func readAll(_ send: (ClientMessage) -> Void) {
        while true {
            let next = state.withLock { state -> (TaskID, ClientData?)? in
                guard !state.asked.isEmpty else {
                    state.isReading = false
                    return nil
                }
                let task = state.asked.removeFirst()
                return (task, state.sources[task])
            }
            guard let (task, data) = next else { return }
            guard let data else { continue }
            do throws(SwoopError) {
                send(.data(task, bytes: try data.read()))
            } catch {
                send(.dataFailed(Self.failure(error, of: task)))
            }
        }
    }

    private static func failure(_ error: SwoopError, of task: TaskID) -> TaskFailure {
        let kind: FailureKind =
            switch error.code {
            case .sourceMissing: .sourceMissing
            case .sourceDenied: .sourceDenied
            case .sourceChanged: .sourceChanged
            default: .sourceFailed
            }
        return TaskFailure(kind: kind, message: error.message, task: task)
    }
}
