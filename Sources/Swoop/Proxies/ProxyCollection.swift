// Many proxies at once: all values, each as it is finished, the first. However many there are, they
// are one request and one wait.

import SwoopModel
import SwoopSession

/// A handle of one value: `Proxy` is the only one.
///
/// What collections of proxies offer is written for this protocol, since extensions cannot name
/// the value's type otherwise.
public protocol ValueHandle<Value>: Sendable {
    /// The type of the value.
    associatedtype Value: Sendable

    /// The handle itself.
    var _proxy: Proxy<Value> { get }
}

extension Proxy: ValueHandle {
    /// The proxy itself.
    public var _proxy: Proxy<Value> { self }
}

extension Collection where Element: ValueHandle {
    /// All values, in the order of the handles; waits for the tasks that make them.
    ///
    /// Asks once for all of them, so that it costs far less than asking each handle in turn. Large
    /// values are fetched a few at a time and are not kept a second time behind their handles.
    ///
    /// - Throws: `SwoopError`, as `Proxy.value`, of the first task that fails, as soon as it does;
    ///   `CancellationError` when the waiting Swift task is cancelled.
    public var values: [Element.Value] {
        get async throws {
            let proxies = map(\._proxy)
            let gathering = try HandleGathering(
                proxies.map(\._handle), .values(areKept: false))
            var values = [Element.Value?](repeating: nil, count: proxies.count)
            while let finished = try await gathering.next(atMost: HandleGathering.batchMax) {
                for handle in finished {
                    values[handle.index] = try proxies[handle.index].decoded(handle.bytes.get())
                }
            }
            let all = values.compactMap { $0 }
            guard all.count == proxies.count else {
                throw SwoopError(.lost, "\(proxies.count - all.count) values did not come")
            }
            return all
        }
    }

    /// Every value with the place of its handle, in the order in which the tasks end.
    ///
    /// ```swift
    /// for try await (index, value) in results.finished { show(index, value) }
    /// ```
    ///
    /// Memory is bounded: of values that are too large to come with the news of their end no more
    /// are fetched than a few ahead of the loop. The first failure ends the loop with an error;
    /// `outcomes` goes on.
    public var finished: FinishedValues<Element.Value> {
        FinishedValues(outcomes: outcomes)
    }

    /// Every outcome with the place of its handle, in the order in which the tasks end: as
    /// `finished`, and failures are elements too.
    ///
    /// ```swift
    /// for try await (index, outcome) in results.outcomes {
    ///     switch outcome {
    ///     case .success(let value): show(index, value)
    ///     case .failure(let error): print(index, error.message)
    ///     }
    /// }
    /// ```
    public var outcomes: FinishedOutcomes<Element.Value> {
        FinishedOutcomes(proxies: map(\._proxy))
    }

    /// The first value that exists, with the place of its handle: that of the task whose end was
    /// told first; of tasks that have ended already any one.
    ///
    /// Failures are passed over while other tasks may still end well. The others go on; let their
    /// handles go, or `cancel()` them, where they are of no more use.
    ///
    /// - Throws: `SwoopError` of the task that failed first, when all have failed, or when there
    ///   are no handles; `CancellationError` when the waiting Swift task is cancelled.
    public func firstFinished() async throws -> (index: Int, value: Element.Value) {
        var failure: (any Error)?
        for try await (index, outcome) in outcomes {
            switch outcome {
            case .success(let value): return (index, value)
            case .failure(let error): failure = failure ?? error
            }
        }
        throw failure
            ?? SwoopError(
                .invalidPlan, "the first value of no proxies", advice: "Ask at least one.")
    }

    /// Waits until all values exist in the cluster, without fetching them.
    ///
    /// - Throws: as `values`.
    public func wait() async throws {
        try await HandleGathering(map(\._proxy._handle), .ends).waitForAll()
    }

    /// Stops the tasks, wherever they are; their values throw `SwoopError.Code.cancelled`.
    public func cancel() {
        var tasks: [ObjectIdentifier: (recording: PlanRecording, tasks: [TaskID])] = [:]
        for handle in self {
            let handle = handle._proxy._handle
            let recording = handle.recording
            tasks[ObjectIdentifier(recording), default: (recording, [])].tasks += handle.everyTask
        }
        for (recording, tasks) in tasks.values { recording.cancel(tasks) }
    }
}

/// Values of many proxies with their places, in the order in which their tasks end.
public struct FinishedValues<Value: Sendable>: AsyncSequence, Sendable {
    let outcomes: FinishedOutcomes<Value>

    /// Begins the wait; the proxies are held until it is over.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(outcomes: outcomes.makeAsyncIterator())
    }

    /// The place in the order of the ends.
    public struct AsyncIterator: AsyncIteratorProtocol {
        var outcomes: FinishedOutcomes<Value>.AsyncIterator
        private var hasFailed = false

        init(outcomes: FinishedOutcomes<Value>.AsyncIterator) { self.outcomes = outcomes }

        /// The next value that exists; nil after the last one.
        ///
        /// - Throws: `SwoopError`, as `Proxy.value`: nothing follows. `CancellationError` when the
        ///   waiting Swift task is cancelled.
        public mutating func next() async throws -> (index: Int, value: Value)? {
            guard !hasFailed else { return nil }
            do {
                guard let (index, outcome) = try await outcomes.next() else { return nil }
                return (index, try outcome.get())
            } catch {
                hasFailed = true
                throw error
            }
        }
    }
}

/// Outcomes of many proxies with their places, in the order in which their tasks end.
public struct FinishedOutcomes<Value: Sendable>: AsyncSequence, Sendable {
    let proxies: [Proxy<Value>]

    /// Begins the wait; the proxies are held until it is over.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(proxies) }

    /// The place in the order of the ends.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let proxies: [Proxy<Value>]
        private var gathering: HandleGathering?
        /// What was taken and not given out, the last first.
        private var finished: [HandleGathering.Finished] = []
        private var isOver = false

        /// Taken at a time: enough that taking costs nothing, few enough to be nothing in memory.
        private static var batchMax: Int { 64 }

        init(_ proxies: [Proxy<Value>]) { self.proxies = proxies }

        /// The next outcome; nil after the last one.
        ///
        /// - Throws: `SwoopError` when nothing more will come: the proxies are not in use, or the
        ///   cluster is lost. `CancellationError` when the waiting Swift task is cancelled.
        public mutating func next() async throws -> (
            index: Int, outcome: Result<Value, SwoopError>
        )? {
            if isOver { return nil }
            do {
                if finished.isEmpty { finished = try await take() ?? [] }
            } catch {
                isOver = true
                gathering = nil
                throw error
            }
            guard let handle = finished.popLast() else {
                isOver = true
                gathering = nil
                return nil
            }
            let proxy = proxies[handle.index]
            switch handle.bytes {
            case .success(let bytes):
                do throws(SwoopError) {
                    return (handle.index, .success(try proxy.decoded(bytes)))
                } catch {
                    return (handle.index, .failure(error))
                }
            case .failure(let error as SwoopError): return (handle.index, .failure(error))
            case .failure(let error):
                // The Swift task was cancelled over the arithmetic of handles.
                isOver = true
                gathering = nil
                throw error
            }
        }

        private mutating func take() async throws -> [HandleGathering.Finished]? {
            let gathering =
                try self.gathering
                ?? HandleGathering(proxies.map(\._handle), .values(areKept: false))
            self.gathering = gathering
            return try await gathering.next(atMost: Self.batchMax)?.reversed()
        }
    }
}
