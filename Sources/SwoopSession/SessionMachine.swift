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
    package internal(set) var held = HeldTasks()
    /// Waits for many outputs, in the order of their beginning.
    var gatherings: [Gathering] = []
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
        case .gatheringBegan(let id, let tasks, let wish): begin(id, tasks, wish)
        case .gatheringLeft(let id): leave(id)
        case .released(let task): release(task, into: &effects)
        case .cancelled(let tasks): if case .open = openness { effects.append(.cancel(tasks)) }
        case .timedOut(let tasks, let time, let seen):
            timeOut(tasks, within: time, seen, into: &effects)
        case .noticed(let notices): for notice in notices { take(notice, into: &effects) }
        case .valueArrived(let task, let bytes): arrive(task, bytes, into: &effects)
        case .refused(let reason):
            end(TaskFailure(kind: .refused, message: reason), into: &effects)
        case .connectionLost(let reason):
            end(TaskFailure(kind: .lost, message: reason), into: &effects)
        case .closed:
            close(into: &effects)
        case .deadlineReached: break
        }
        flushReleases(into: &effects)
        settleGatherings(into: &effects)
        flushAsked(into: &effects)
    }

    /// Asks for all that is to be asked for, in one message.
    mutating func flushAsked(into effects: inout [SessionEffect]) {
        guard !asked.isEmpty else { return }
        effects.append(.want(asked))
        asked = []
    }

    /// Asks for the bytes of an output, unless an answer is on its way.
    mutating func ask(for task: TaskID) {
        let isNew = held.change(task) { record in
            defer { record.isAsked = true }
            return !record.isAsked
        }
        if isNew ?? false { asked.append(task) }
    }

    /// Why nothing more will come; nil: more may.
    var overFailure: TaskFailure? {
        if case .over(let failure) = openness { failure } else { nil }
    }

    /// Whether nothing more will come.
    var isOver: Bool { overFailure != nil }

    /// When `deadlineReached` is due, if nothing else happens.
    package var nextDeadline: Timestamp? {
        releasesSince.map { $0.advanced(by: configuration.releaseDelay) }
    }

    /// Whether the bytes of the output are here, and which.
    package func bytes(of task: TaskID) -> [UInt8]? {
        held[task]?.state.bytes
    }

    /// Whether a wait for the output would end at once: by its bytes, by its failure, or since
    /// nothing more will come.
    package func isSettled(_ task: TaskID) -> Bool {
        if case .failed? = held[task]?.state { return true }
        return isOver || bytes(of: task) != nil
    }

    private mutating func submit(
        _ part: GraphPart, _ data: [[UInt8]], into effects: inout [SessionEffect]
    ) {
        guard !isClosed else { return }
        let pages = pages(of: part)
        held.insert(part.held) { !pages.isEmpty && pages.contains($0) }
        guard case .open = openness else { return }
        effects.append(.submit(part, data: data))
    }

    private func pages(of part: GraphPart) -> Set<TaskID> {
        var pages: Set<TaskID> = []
        if !part.tasks.output.entries.isEmpty {
            for row in part.tasks.indices where part.tasks.output(of: row) == .page {
                pages.insert(part.tasks.ids[row])
            }
        }
        for item in part.data where item.output == .page { pages.insert(item.id) }
        for use in part.kept where use.output == .page { pages.formUnion(use.tasks) }
        return pages
    }

    private mutating func wait(_ task: TaskID, into effects: inout [SessionEffect]) {
        guard let state = held[task]?.state else { return refuseUnknown(task, into: &effects) }
        switch state {
        case .pending:
            if let overFailure {
                effects.append(.settle(task, .failed(overFailure)))
            } else {
                _ = held.change(task) { $0.isAwaited = true }
            }
        case .stored(let byteCount, let elementCount):
            effects.append(
                .settle(task, .stored(byteCount: byteCount, elementCount: elementCount)))
        case .small(let few):
            effects.append(
                .settle(task, .stored(byteCount: Int64(few.byteCount), elementCount: 1)))
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
        case .small(let few): effects.append(.bring(task, few.bytes))
        case .brought(let bytes, _):
            _ = held.change(task) { $0.isKept = true }
            effects.append(.bring(task, bytes))
        case .failed(let failure): effects.append(.refuse(task, failure))
        case .pending, .stored:
            if let overFailure {
                effects.append(.refuse(task, overFailure))
            } else if !record.isWanted {
                _ = held.change(task) { record in
                    record.isWanted = true
                    record.isKept = true
                }
                // A small value comes with the news of the end; whether it is small is known then.
                if case .pending = record.state, !record.isPage { return }
                ask(for: task)
            }
        }
    }

    /// Why a task without a handle has no value.
    func refusal(of task: TaskID) -> TaskFailure {
        if isClosed, let overFailure { return overFailure }
        return TaskFailure(
            kind: .invalidGraph,
            message: "its plan was never run, or its handle was dropped while it was waited for",
            task: task)
    }

    private func refuseUnknown(_ task: TaskID, into effects: inout [SessionEffect]) {
        let failure = refusal(of: task)
        effects.append(.settle(task, .failed(failure)))
        effects.append(.refuse(task, failure))
    }

    private mutating func release(_ task: TaskID, into effects: inout [SessionEffect]) {
        guard let record = held.remove(task) else { return }
        let failure = TaskFailure(
            kind: .cancelled, message: "its handle was dropped while it was waited for", task: task)
        if record.isAwaited { effects.append(.settle(task, .failed(failure))) }
        if record.isWanted { effects.append(.refuse(task, failure)) }
        if record.isGathered { tellGatherings(of: task, nil) }
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
        let before = held.change(task) { record -> HeldTask? in
            guard case .pending = record.state else { return nil }
            let before = record
            record.isAwaited = false
            if let value {
                record.state = HeldTask.State(bytes: value, elementCount: elementCount)
                record.isWanted = false
                // What came by itself is not sent a second time.
                record.isKept = true
            } else {
                record.state = .stored(byteCount: byteCount, elementCount: elementCount)
            }
            return before
        }
        guard let before = before ?? nil else {
            dropped += 1
            return
        }
        if before.isAwaited {
            effects.append(
                .settle(task, .stored(byteCount: byteCount, elementCount: elementCount)))
        }
        if before.isGathered { tellGatherings(of: task, held[task]?.state) }
        guard before.isWanted else { return }
        if let value {
            effects.append(.bring(task, value))
        } else {
            ask(for: task)
        }
    }

    private mutating func arrive(
        _ task: TaskID, _ bytes: [UInt8], into effects: inout [SessionEffect]
    ) {
        let before = held.change(task) { record -> HeldTask? in
            let before = record
            var elementCount = HeldTask.unknownCount
            switch record.state {
            case .stored(_, let count): elementCount = count
            case .small, .brought, .failed: return nil
            case .pending: break
            }
            record.state = HeldTask.State(bytes: bytes, elementCount: elementCount)
            record.isWanted = false
            record.isAwaited = false
            record.isAsked = false
            return before
        }
        guard let before = before ?? nil else {
            dropped += 1
            return
        }
        if before.isAwaited {
            let elementCount = held[task]?.state.size?.elementCount ?? HeldTask.unknownCount
            effects.append(
                .settle(
                    task,
                    .stored(byteCount: Int64(bytes.count), elementCount: elementCount)))
        }
        if before.isGathered { tellGatherings(of: task, held[task]?.state) }
        if before.isWanted { effects.append(.bring(task, bytes)) }
    }

    private mutating func fail(
        _ task: TaskID, _ failure: TaskFailure, into effects: inout [SessionEffect]
    ) {
        let before = held.change(task) { record -> HeldTask? in
            let before = record
            switch record.state {
            case .small, .brought, .failed: return nil
            case .pending, .stored: break
            }
            record.state = .failed(failure)
            record.isWanted = false
            record.isAwaited = false
            record.isAsked = false
            return before
        }
        guard let before = before ?? nil else {
            dropped += 1
            return
        }
        if before.isAwaited { effects.append(.settle(task, .failed(failure))) }
        if before.isGathered { tellGatherings(of: task, .failed(failure)) }
        if before.isWanted { effects.append(.refuse(task, failure)) }
    }

    /// What has not ended of the tasks ends here, whatever the coordinator says of it later.
    private mutating func timeOut(
        _ tasks: [TaskID], within time: String, _ seen: [SeenRun]?,
        into effects: inout [SessionEffect]
    ) {
        let pending = tasks.filter { task in
            if case .pending? = held[task]?.state { true } else { false }
        }
        guard !pending.isEmpty else { return }
        if case .open = openness { effects.append(.cancel(tasks)) }
        let own = Set(seen == nil ? [] : tasks)
        // Runs of a loop's rounds and of children have names that the plan does not know.
        let runs = seen.map { seen in
            let known = seen.filter { own.contains($0.task) }
            return known.isEmpty ? seen : known
        }
        let others = runs.map(Self.words) ?? ""
        for task in pending {
            var failure = TaskFailure(
                kind: .timedOut,
                message: "its plan was given \(time), and it had not ended by then",
                task: task)
            if let run = runs?.first(where: { $0.task == task }) {
                failure.message += ": \(run.function) was on a core of \(run.node) for \(run.time)"
                failure.function = run.function
                failure.node = run.node
            } else {
                failure.message += others
            }
            fail(task, failure, into: &effects)
        }
    }

    /// What was on cores when a plan's time was over: the first few.
    private static func words(about runs: [SeenRun]) -> String {
        guard !runs.isEmpty else { return "; no core was on a task of it then" }
        var names = runs.prefix(3).map { "\($0.function) on \($0.node) for \($0.time)" }
        if runs.count > names.count { names.append("\(runs.count - names.count) more") }
        return "; on cores then: " + names.joined(separator: ", ")
    }

    private mutating func end(_ failure: TaskFailure, into effects: inout [SessionEffect]) {
        guard case .open = openness else { return }
        openness = .over(failure)
        for task in held.tasks {
            let before = held.change(task) { record -> HeldTask in
                defer {
                    record.isAwaited = false
                    record.isWanted = false
                    record.isAsked = false
                }
                return record
            }
            guard let before else { continue }
            if before.isAwaited { effects.append(.settle(task, .failed(failure))) }
            if before.isWanted { effects.append(.refuse(task, failure)) }
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
