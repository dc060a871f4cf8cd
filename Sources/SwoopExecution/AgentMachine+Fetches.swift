// Pages of other nodes: copied straight from there, from the next node that has them, or through
// the coordinator where that cannot be.

package import SwoopModel

/// A page that is on its way here.
package struct Fetch: Equatable, Sendable {
    /// What is to come.
    package var pages: StoredPages
    /// Set where that is a part of what a task made.
    package var slice: OutputSlice?
    /// Whether the copy may be of use to other nodes.
    package var isShared: Bool
    /// Nodes that have it and were not asked yet, in the order of asking.
    package var sources: [NodeID]
    /// The node that was asked last; nil: none yet.
    package var source: NodeID?
    /// Whether it was asked through the coordinator.
    package var isRelayed = false
    /// When the asking begins; nil: it has begun.
    package var resumeAt: Timestamp?
    /// Bytes of it that are here, from the first one on.
    package var arrivedBytes: Int64 = 0
    /// When there were more of them than before, or somebody was asked.
    package var grewAt = Timestamp(nanoseconds: 0)
}

/// A page that could be had from nowhere, or not be kept.
package struct FetchTrouble: Equatable, Sendable {
    /// Trials in a row.
    package var trials = 0
    /// Not to be asked for again before.
    package var pauseUntil = Timestamp(nanoseconds: 0)
}

extension AgentMachine {
    /// Whether an input that is not here can come: made by another run of this node, or fetched.
    mutating func awaits(_ input: AssignedInput, into effects: inout [AgentEffect]) -> Bool {
        guard case .stored(let pages, let nodes) = input.source else { return true }
        let task = input.task
        // The scheduler counts on a page that is not here.
        if nodes.contains(node) { effects.append(.outputMissing(input.slice?.task ?? task)) }
        // In the scheduler's order: it knows who else copies the page.
        let others = nodes.filter { $0 != node }
        if let known = fetches[task] {
            let listed = known.sources
            if input.isShared { fetches[task]?.isShared = true }
            fetches[task]?.sources += others.filter { $0 != known.source && !listed.contains($0) }
            return true
        }
        guard !others.isEmpty else { return false }
        var fetch = Fetch(
            pages: pages, slice: input.slice, isShared: input.isShared && input.slice == nil,
            sources: others)
        if let trouble = troubles[task], trouble.pauseUntil > now {
            fetch.resumeAt = trouble.pauseUntil
            fetches[task] = fetch
        } else {
            fetches[task] = fetch
            ask(for: task, into: &effects)
        }
        return true
    }

    /// Asks the next node that has the page.
    private mutating func ask(for task: TaskID, into effects: inout [AgentEffect]) {
        guard var fetch = fetches[task], !fetch.sources.isEmpty else { return }
        // One that can be reached first.
        let place = fetch.sources.firstIndex { !isUnreachable($0) } ?? 0
        let source = fetch.sources.remove(at: place)
        fetch.source = source
        fetch.isRelayed = isUnreachable(source)
        fetch.resumeAt = nil
        fetch.arrivedBytes = 0
        fetch.grewAt = now
        fetches[task] = fetch
        if fetch.isRelayed {
            relay(fetch, of: task, from: source, into: &effects)
        } else {
            effects.append(.fetch(task, from: source, fetch.pages, fetch.slice))
        }
    }

    /// The coordinator passes on whole outputs: parts of one are asked for once.
    private mutating func relay(
        _ fetch: Fetch, of task: TaskID, from source: NodeID, into effects: inout [AgentEffect]
    ) {
        let whole = fetch.slice?.task ?? task
        let isAsked = relayNames.contains { name in
            guard name != task, let other = fetches[name], other.isRelayed else { return false }
            return other.source == source && (other.slice?.task ?? name) == whole
                && other.resumeAt == nil
        }
        relayNames.insert(task)
        if !isAsked { effects.append(.relay(whole, from: source)) }
    }

    /// Inputs on their way that a whole output from the coordinator answers.
    private func relayed(_ whole: TaskID) -> [TaskID] {
        relayNames.filter { task in
            guard let fetch = fetches[task], fetch.isRelayed, fetch.resumeAt == nil else {
                return false
            }
            return fetch.slice?.task == whole
        }.sorted()
    }

    private func isUnreachable(_ peer: NodeID) -> Bool {
        unreachable[peer].map { $0 > now } ?? false
    }

    /// A copy of another node's page is kept as long as it is read here, and for a while where
    /// others may want it: the scheduler does not know when it goes, so nobody would drop it.
    mutating func fetched(
        _ task: TaskID, _ extent: PageExtent, into effects: inout [AgentEffect]
    ) {
        let isShared = fetches.removeValue(forKey: task)?.isShared ?? false
        troubles[task] = nil
        if !relayNames.isEmpty { relayNames = relayNames.filter { fetches[$0] != nil } }
        fetchedBytes += extent.byteCount
        insert(task, Output(extent: extent, attempt: 0), into: &effects)
        guard let output = outputs[task] else { return }
        provide(task, .extent(output.extent), of: task, into: &effects)
        keepCopied(task, into: &effects)
        for name in relayed(task) {
            guard let fetch = fetches.removeValue(forKey: name), let slice = fetch.slice else {
                continue
            }
            troubles[name] = nil
            let part = fetch.pages.parts.first.flatMap { part in
                output.extent.part(at: slice.offset, part)
            }
            if let part, output.extent.byteCount == slice.wholeByteCount {
                provide(name, .extent(part), of: task, into: &effects)
            } else {
                giveBackWaiters(of: name, into: &effects)
            }
        }
        if !isShared, outputs[task]?.attempt == 0 { drop([task], into: &effects) }
    }

    /// A node that cannot be reached is asked through the coordinator, then the next one that has
    /// the page. When nobody is left, what waits goes back to the coordinator, which knows by then
    /// that the page, or its node, is gone: whoever lacks a page that he is asked for tells it.
    mutating func failFetch(
        of task: TaskID, _ failure: FetchFailure, into effects: inout [AgentEffect]
    ) {
        for name in relayed(task) { failOne(name, failure, into: &effects) }
        failOne(task, failure, into: &effects)
    }

    private mutating func failOne(
        _ task: TaskID, _ failure: FetchFailure, into effects: inout [AgentEffect]
    ) {
        guard var fetch = fetches[task], fetch.resumeAt == nil, let source = fetch.source else {
            return
        }
        if failure == .damaged {
            room.damagedCount += 1
            let text = "a page of \(fetch.pages.byteCount) bytes came wrong from node "
            effects.append(.remark(text + "\(source.rawValue)"))
        }
        if failure == .noRoom || failure == .damaged {
            return postpone(task, failure, into: &effects)
        }
        if failure == .unreachable && !fetch.isRelayed {
            unreachable[source] = now.advanced(by: configuration.unreachableFor)
            guard fetch.sources.allSatisfy({ isUnreachable($0) }) else {
                // Behind those that can be reached: it is asked through the coordinator then.
                fetches[task]?.sources.append(source)
                return ask(for: task, into: &effects)
            }
            fetch.isRelayed = true
            fetches[task] = fetch
            return relay(fetch, of: task, from: source, into: &effects)
        }
        guard fetch.sources.isEmpty else { return ask(for: task, into: &effects) }
        fetches[task] = nil
        // A page that is gone need not be waited for: by now the coordinator knows.
        let pause = failure == .absent ? 0 : configuration.fetchPause
        guard countTrial(of: task, pause: pause) else {
            let text = "its input cannot be brought here: node \(source.rawValue) has it, and "
            return failWaiters(
                of: task, .lost, text + "neither it nor the coordinator gives it away",
                into: &effects)
        }
        failCopy(of: task, "node \(source.rawValue) does not give it away", into: &effects)
        giveBackWaiters(of: task, into: &effects)
    }

    /// Pages that are read now may be gone in a moment, and what came wrong comes right; not for
    /// ever, though.
    private mutating func postpone(
        _ task: TaskID, _ failure: FetchFailure, into effects: inout [AgentEffect]
    ) {
        guard let fetch = fetches[task], countTrial(of: task, pause: configuration.fetchPause)
        else {
            let byteCount = fetches.removeValue(forKey: task)?.pages.byteCount ?? 0
            if failure == .damaged {
                let text = "an input of \(byteCount) bytes comes wrong again and again"
                return failWaiters(of: task, .lost, text, into: &effects)
            }
            let text = "there is no room on its node for an input of \(byteCount) bytes"
            return failWaiters(of: task, .noMemory, text, into: &effects)
        }
        let source = fetch.source.map { [$0] } ?? []
        // What came wrong may come right from another one.
        fetches[task]?.sources =
            failure == .damaged ? fetch.sources + source : source + fetch.sources
        fetches[task]?.resumeAt = troubles[task]?.pauseUntil ?? now
    }

    /// Counts a trial that came to nothing; false: there were too many.
    private mutating func countTrial(of task: TaskID, pause: Int64) -> Bool {
        var trouble = troubles[task] ?? FetchTrouble()
        trouble.trials += 1
        trouble.pauseUntil = now.advanced(by: pause)
        let isPatient = trouble.trials < configuration.fetchesMax
        troubles[task] = isPatient ? trouble : nil
        return isPatient
    }

    private mutating func failWaiters(
        of task: TaskID, _ kind: FailureKind, _ text: String, into effects: inout [AgentEffect]
    ) {
        failCopy(of: task, text, into: &effects)
        for attempt in waiters[task] ?? [] {
            guard let run = runs[attempt], run.state == .waiting else { continue }
            var failure = TaskFailure(
                kind: kind, message: "\(name(of: run)): \(text)", task: attempt.task)
            failure.function = name(of: run)
            failure.attempt = attempt.number
            remove(attempt, into: &effects)
            if run.stopBy == nil { reports.append(.ended(attempt, .failed(failure), RunRecord())) }
            giveBackWaiters(of: attempt.task, into: &effects)
        }
        waiters[task] = nil
    }

    /// Short name of the run's function.
    func name(of run: Run) -> String {
        let place = Int(run.task.spec.function.rawValue)
        return place < functions.count ? functions[place].name : "a task"
    }

    /// What a whole output that the coordinator passes on is made of, as far as somebody here
    /// knows: from each offset on.
    package func expectations(of task: TaskID) -> [(offset: Int64, pages: StoredPages)] {
        var expected: [(offset: Int64, pages: StoredPages)] = []
        if let fetch = fetches[task], fetch.slice == nil { expected.append((0, fetch.pages)) }
        for name in relayed(task) {
            guard let fetch = fetches[name], let slice = fetch.slice else { continue }
            expected.append((slice.offset, fetch.pages))
        }
        return expected
    }

    /// When the next page is to be asked for that was not to be had.
    var fetchDeadline: Timestamp? {
        // Pages are only put off while there was trouble with one.
        troubles.isEmpty ? nil : fetches.values.lazy.compactMap(\.resumeAt).min()
    }

    mutating func resumeFetches(into effects: inout [AgentEffect]) {
        guard !troubles.isEmpty else { return }
        let due = fetches.filter { $0.value.resumeAt.map { $0 <= now } ?? false }
        for task in due.keys.sorted() {
            if copying[task] != nil || waiters[task]?.contains(where: { runs[$0] != nil }) ?? false
            {
                ask(for: task, into: &effects)
            } else {
                fetches[task] = nil
            }
        }
        // Troubles long past count no more: three pauses.
        troubles = troubles.filter {
            fetches[$0.key] != nil
                || now.since($0.value.pauseUntil) < 3 * configuration.fetchPause
        }
    }
}
