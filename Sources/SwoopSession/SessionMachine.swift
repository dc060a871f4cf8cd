// The client's session: what it holds, what it waits for, what it gave back. Every wait ends: by
// the bytes, by a failure, by the loss of the connection or by the end of the scope.

package import SwoopModel

/// The decisions of a client. Called under the session's lock, by the program's threads and by
/// whoever receives from the coordinator.
package struct SessionMachine: Sendable {
    /// What may be set.
    package struct Configuration: Sendable {
        /// Handles that are given back in one message.
        package var releasesMax = 512
        /// How long a dropped handle may be kept before the coordinator hears of it: 20 ms.
        package var releaseDelay: Int64 = 20_000_000

        package init() {}
    }

    private enum Openness {
        case open
        /// Every further wait ends with this.
        case over(TaskFailure)
    }

    package let configuration: Configuration
    package private(set) var now = Timestamp(nanoseconds: 0)
    package private(set) var held = HeldTasks()
    private var releases: [TaskID] = []
    /// Outputs whose bytes are to be asked for at the end of this step: all in one message.
    private var asked: [TaskID] = []
    private var releasesSince: Timestamp?
    private var openness = Openness.open
    private var isClosed = false
    package private(set) var dropped: UInt64 = 0

    package init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// Takes one fact and appends the orders that follow from it.
    package mutating func handle(
        _ event: SessionEvent, at now: Timestamp, into effects: inout [SessionEffect]
    ) {
        self.now = max(now, self.now)
        switch event {
        case .submitted(let part, let data):
            // First what was given back: the new work may need its room.
            sendReleases(into: &effects)
            submit(part, data, into: &effects)
        case .awaited(let task): wait(task, into: &effects)
        case .wanted(let task): want(task, into: &effects)
        case .released(let task): release(task, into: &effects)
        case .cancelled(let tasks): if case .open = openness { effects.append(.cancel(tasks)) }
        case .noticed(let notices): for notice in notices { take(notice, into: &effects) }
        case .valueArrived(let task, let bytes): arrive(task, bytes, into: &effects)
        case .valueMissing(let task):
            let failure = TaskFailure(
                kind: .lost, message: "its value is nowhere in the cluster", task: task)
            fail(task, failure, into: &effects)
        case .refused(let reason):
            end(TaskFailure(kind: .refused, message: reason), into: &effects)
        case .connectionLost(let reason):
            end(TaskFailure(kind: .lost, message: reason), into: &effects)
        case .closed:
            close(into: &effects)
        case .deadlineReached: break
        }
        flushReleases(into: &effects)
        guard !asked.isEmpty else { return }
        effects.append(.want(asked))
        asked = []
    }

    /// When `deadlineReached` is due, if nothing else happens.
    package var nextDeadline: Timestamp? {
        releasesSince.map { $0.advanced(by: configuration.releaseDelay) }
    }

    /// Whether the bytes of the output are here, and which.
    package func bytes(of task: TaskID) -> [UInt8]? {
        if case .brought(let bytes, _) = held[task]?.state { return bytes }
        return nil
    }

    private mutating func submit(
        _ part: GraphPart, _ data: [[UInt8]], into effects: inout [SessionEffect]
    ) {
        guard !isClosed else { return }
        let pages = pages(of: part)
        for task in part.held {
            held[task] = HeldTask(isPage: !pages.isEmpty && pages.contains(task))
        }
        guard case .open = openness else { return }
        effects.append(.submit(part, data: data))
    }

    private func pages(of part: GraphPart) -> Set<TaskID> {
        var pages: Set<TaskID> = []
        for task in part.tasks where task.output == .page { pages.insert(task.id) }
        for item in part.data where item.output == .page { pages.insert(item.id) }
        return pages
    }

    private mutating func wait(_ task: TaskID, into effects: inout [SessionEffect]) {
        guard let record = held[task] else { return refuseUnknown(task, into: &effects) }
        switch record.state {
        case .pending:
            if case .over(let failure) = openness {
                effects.append(.settle(task, .failed(failure)))
            } else {
                held[task]?.isAwaited = true
            }
        case .stored(let byteCount, let elementCount):
            effects.append(
                .settle(task, .stored(byteCount: byteCount, elementCount: elementCount)))
        case .brought(let bytes, let elementCount):
            effects.append(
                .settle(
                    task,
                    .stored(byteCount: Int64(bytes.count), elementCount: elementCount)))
        case .failed(let failure): effects.append(.settle(task, .failed(failure)))
        }
    }

    private mutating func want(_ task: TaskID, into effects: inout [SessionEffect]) {
        guard let record = held[task] else { return refuseUnknown(task, into: &effects) }
        switch record.state {
        case .brought(let bytes, _): effects.append(.bring(task, bytes))
        case .failed(let failure): effects.append(.refuse(task, failure))
        case .pending, .stored:
            if case .over(let failure) = openness {
                effects.append(.refuse(task, failure))
            } else if !record.isWanted {
                held[task]?.isWanted = true
                // A small value comes with the news of the end; whether it is small is known then.
                if case .pending = record.state, !record.isPage { return }
                asked.append(task)
            }
        }
    }

    private func refuseUnknown(_ task: TaskID, into effects: inout [SessionEffect]) {
        var failure = TaskFailure(
            kind: .invalidGraph, message: "its plan was never run", task: task)
        if isClosed, case .over(let reason) = openness { failure = reason }
        effects.append(.settle(task, .failed(failure)))
        effects.append(.refuse(task, failure))
    }

    private mutating func release(_ task: TaskID, into effects: inout [SessionEffect]) {
        guard let record = held.remove(task) else { return }
        let failure = TaskFailure(
            kind: .cancelled, message: "its handle was dropped while it was waited for", task: task)
        if record.isAwaited { effects.append(.settle(task, .failed(failure))) }
        if record.isWanted { effects.append(.refuse(task, failure)) }
        if releases.isEmpty { releasesSince = now }
        releases.append(task)
    }

    private mutating func flushReleases(into effects: inout [SessionEffect]) {
        guard let since = releasesSince else { return }
        guard
            releases.count >= configuration.releasesMax
                || now.since(since) >= configuration.releaseDelay
        else { return }
        sendReleases(into: &effects)
    }

    private mutating func sendReleases(into effects: inout [SessionEffect]) {
        guard !releases.isEmpty else { return }
        if case .open = openness { effects.append(.release(releases)) }
        releases = []
        releasesSince = nil
    }

    private mutating func take(_ notice: ClientNotice, into effects: inout [SessionEffect]) {
        switch notice {
        case .finished(let task, let value, let byteCount, let elementCount):
            finish(task, value, byteCount, elementCount, into: &effects)
        case .failed(let task, let failure): fail(task, failure, into: &effects)
        case .cancelled(let task):
            let failure = TaskFailure(kind: .cancelled, message: "it was cancelled", task: task)
            fail(task, failure, into: &effects)
        case .dataNeeded(let task):
            if case .open = openness { effects.append(.bringData(task)) }
        case .roomLent(let task, let offset, let byteCount):
            if case .open = openness {
                effects.append(.writeData(task, offset: offset, byteCount: byteCount))
            }
        case .roomRefused(let task):
            if case .open = openness { effects.append(.sendData(task)) }
        case .dataSettled(let task): effects.append(.forgetData(task))
        case .printed(let line): effects.append(.show(line))
        case .remark(let text): effects.append(.remark(text))
        case .progress(let count): effects.append(.progress(count))
        }
    }

    private mutating func finish(
        _ task: TaskID, _ value: [UInt8]?, _ byteCount: Int64, _ elementCount: Int64,
        into effects: inout [SessionEffect]
    ) {
        guard let record = held[task], case .pending = record.state else {
            dropped += 1
            return
        }
        if let value {
            held[task]?.state = .brought(value, elementCount: elementCount)
        } else {
            held[task]?.state = .stored(byteCount: byteCount, elementCount: elementCount)
        }
        if record.isAwaited {
            held[task]?.isAwaited = false
            effects.append(
                .settle(task, .stored(byteCount: byteCount, elementCount: elementCount)))
        }
        guard record.isWanted else { return }
        if let value {
            held[task]?.isWanted = false
            effects.append(.bring(task, value))
        } else if !record.isPage {
            asked.append(task)
        }
    }

    private mutating func arrive(
        _ task: TaskID, _ bytes: [UInt8], into effects: inout [SessionEffect]
    ) {
        guard let record = held[task] else {
            dropped += 1
            return
        }
        var elementCount = HeldTask.unknownCount
        switch record.state {
        case .stored(_, let count): elementCount = count
        case .brought, .failed:
            dropped += 1
            return
        case .pending: break
        }
        held[task]?.state = .brought(bytes, elementCount: elementCount)
        held[task]?.isWanted = false
        if record.isAwaited {
            held[task]?.isAwaited = false
            effects.append(
                .settle(
                    task,
                    .stored(byteCount: Int64(bytes.count), elementCount: elementCount)))
        }
        if record.isWanted { effects.append(.bring(task, bytes)) }
    }

    private mutating func fail(
        _ task: TaskID, _ failure: TaskFailure, into effects: inout [SessionEffect]
    ) {
        guard let record = held[task] else {
            dropped += 1
            return
        }
        switch record.state {
        case .brought, .failed:
            dropped += 1
            return
        case .pending, .stored: break
        }
        held[task]?.state = .failed(failure)
        held[task]?.isWanted = false
        held[task]?.isAwaited = false
        if record.isAwaited { effects.append(.settle(task, .failed(failure))) }
        if record.isWanted { effects.append(.refuse(task, failure)) }
    }

    private mutating func end(_ failure: TaskFailure, into effects: inout [SessionEffect]) {
        guard case .open = openness else { return }
        openness = .over(failure)
        for task in held.tasks {
            guard let record = held[task] else { continue }
            if record.isAwaited {
                held[task]?.isAwaited = false
                effects.append(.settle(task, .failed(failure)))
            }
            if record.isWanted {
                held[task]?.isWanted = false
                effects.append(.refuse(task, failure))
            }
        }
    }

    /// Nothing can be used any more, not even what was brought: which values were would be a matter
    /// of luck.
    private mutating func close(into effects: inout [SessionEffect]) {
        let text = "the scope of its cluster has ended; use the value inside of it"
        let failure = TaskFailure(kind: .cancelled, message: text)
        end(failure, into: &effects)
        openness = .over(failure)
        isClosed = true
        held = HeldTasks()
    }
}
