// A wait for many handles together, as one request: what ended is taken in batches, in the order of
// the ends. Nothing is sent, allocated or woken for each of them.

import SwoopModel
import SwoopSession

/// One wait for the ends or the values of many handles; it goes with this object.
///
/// Belongs to one Swift task at a time.
final class HandleGathering {
    /// A handle of which there is something.
    struct Finished {
        /// The handle's place among those that are waited for.
        var index: Int
        /// Its bytes, none where only the end was waited for; or why there are none.
        var bytes: Result<[UInt8], any Error>
        /// How many they are in the cluster, where only the end was waited for.
        var byteCount = 0
    }

    /// Those that are waited for, or keep what is.
    private let handles: [_ProxyHandle]
    private let session: ClusterSession?
    private let wish: GatheringWish
    private let id: GatheringID
    /// The handle of every task; nil: each has one, in order.
    private let owners: [Int32]?
    /// Tasks of arithmetic that have not ended, by handle.
    private var left: [Int32: Int]
    /// Handles that wait for nothing.
    private var constants: [Int32]
    private var isOver = false
    private var failure: TaskFailure?

    /// Which tasks handles wait for.
    private struct WaitedTasks {
        var tasks: [TaskID] = []
        /// The handle of every task; nil: each has one, in order.
        var owners: [Int32]?
        /// How many tasks the arithmetic of a handle needs.
        var counts: [Int32: Int] = [:]
        var constants: [Int32] = []

        static func each(_ handles: [_ProxyHandle]) -> WaitedTasks {
            var waited = WaitedTasks()
            waited.tasks.reserveCapacity(handles.count)
            for handle in handles {
                guard let task = handle.task else { return withArithmetic(handles) }
                waited.tasks.append(task)
            }
            return waited
        }

        private static func withArithmetic(_ handles: [_ProxyHandle]) -> WaitedTasks {
            var waited = WaitedTasks()
            var owners: [Int32] = []
            for (place, handle) in handles.enumerated() {
                let before = waited.tasks.count
                handle.forEachTask { task in
                    waited.tasks.append(task)
                    owners.append(Int32(place))
                }
                let count = waited.tasks.count - before
                if count == 0 { waited.constants.append(Int32(place)) }
                if handle.task == nil { waited.counts[Int32(place)] = count }
            }
            waited.owners = owners
            return waited
        }
    }

    /// Begins to wait for handles of single values.
    ///
    /// - Throws: `SwoopError` where a handle is not in use, or of another cluster than the others.
    convenience init(_ handles: [_ProxyHandle], _ wish: GatheringWish) throws(SwoopError) {
        let areOfOne = handles.allSatisfy { $0.recording.session === handles[0].recording.session }
        guard areOfOne else {
            throw SwoopError(
                .invalidPlan, "proxies of two clusters in one collection",
                advice: "Ask for the values of each cluster by themselves.")
        }
        try self.init(
            .each(handles), of: handles.first?.recording.session, keeping: handles, wish)
    }

    /// Begins to wait for the pages of a handle.
    ///
    /// - Throws: `SwoopError` where it is not in use.
    convenience init(pagesOf handle: _ProxyHandle, _ wish: GatheringWish) throws(SwoopError) {
        try self.init(
            WaitedTasks(tasks: handle.tasks), of: handle.recording.session, keeping: [handle],
            wish)
    }

    /// Begins to wait for tasks whose handles somebody else keeps.
    convenience init(
        _ tasks: [TaskID], of session: ClusterSession, _ wish: GatheringWish
    ) throws(SwoopError) {
        try self.init(WaitedTasks(tasks: tasks), of: session, keeping: [], wish)
    }

    private init(
        _ waited: WaitedTasks, of session: ClusterSession?, keeping handles: [_ProxyHandle],
        _ wish: GatheringWish
    ) throws(SwoopError) {
        self.handles = handles
        self.session = session
        self.wish = wish
        owners = waited.owners
        left = waited.counts
        constants = waited.constants
        id = try session?.gather(waited.tasks, wish) ?? GatheringID(0)
    }

    deinit { if !isOver { session?.leave(id) } }

    /// The next that ended, at most so many; nil: all have.
    ///
    /// - Throws: `CancellationError` when the Swift task is cancelled; `SwoopError` when nothing
    ///   more will come: the cluster's scope has ended, or its coordinator is lost.
    func next(atMost count: Int) async throws -> [Finished]? {
        guard let session else { return nil }
        var finished: [Finished] = []
        for place in constants { finished.append(await evaluate(place)) }
        constants = []
        while finished.isEmpty {
            try Task.checkCancellation()
            if let failure { throw await FailurePlace.errorWithPlaces(of: failure) }
            if isOver { return nil }
            let batch = session.take(id, atMost: count)
            isOver = batch.isOver
            failure = batch.failure
            finished.reserveCapacity(batch.items.count)
            for item in batch.items {
                // Nearly all are this.
                if owners == nil, case .value(let bytes) = item.outcome {
                    finished.append(Finished(index: item.position, bytes: .success(bytes)))
                } else if let handle = await finish(item) {
                    finished.append(handle)
                }
            }
            guard batch.items.isEmpty, !isOver else { continue }
            try await session.waitForNews(of: id)
        }
        return finished
    }

    /// What an item says of its handle; nil: more is to come.
    private func finish(_ item: GatheredItem) async -> Finished? {
        let place = owners?[item.position] ?? Int32(item.position)
        let tasksLeft = left[place]
        switch item.outcome {
        case .failed(let failure):
            // The first failure is the handle's.
            if tasksLeft == 0 { return nil }
            if tasksLeft != nil { left[place] = 0 }
            let error = await FailurePlace.errorWithPlaces(of: failure)
            return Finished(index: Int(place), bytes: .failure(error))
        case .value(let bytes):
            guard let tasksLeft else { return Finished(index: Int(place), bytes: .success(bytes)) }
            return await countDown(place, tasksLeft)
        case .ended(let byteCount):
            guard let tasksLeft else {
                return Finished(
                    index: Int(place), bytes: .success([]), byteCount: Int(byteCount))
            }
            return await countDown(place, tasksLeft)
        }
    }

    private func countDown(_ place: Int32, _ tasksLeft: Int) async -> Finished? {
        guard tasksLeft > 0 else { return nil }
        left[place] = tasksLeft - 1
        return tasksLeft == 1 ? await evaluate(place) : nil
    }

    /// The value of arithmetic whose operands are all here.
    private func evaluate(_ place: Int32) async -> Finished {
        let handle = handles[Int(place)]
        guard wish != .ends else { return Finished(index: Int(place), bytes: .success([])) }
        do {
            let bytes = try await handle.recording.session.bytes(of: handle)
            return Finished(index: Int(place), bytes: .success(bytes))
        } catch {
            return Finished(index: Int(place), bytes: .failure(error))
        }
    }
}

extension HandleGathering {
    /// Taken at a time where all are waited for: the lock is held for so many.
    static let batchMax = 4_096

    /// Waits until all have ended; the first failure ends the wait.
    ///
    /// - Returns: bytes that they take in the cluster.
    @discardableResult
    func waitForAll() async throws -> Int {
        var byteCount = 0
        while let finished = try await next(atMost: Self.batchMax) {
            for handle in finished {
                _ = try handle.bytes.get()
                byteCount += handle.byteCount
            }
        }
        return byteCount
    }
}
