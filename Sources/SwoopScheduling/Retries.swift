// Another try at a task whose function threw, where its plan asks for it: after a pause, and on a
// node on which it did not fail, as long as there is one. Such a task waits outside of the ready
// queue: at the head of a line it would keep the others from nodes that it avoids itself.

package import SwoopModel

/// A node on which a run of a task failed.
package struct Setback: Equatable, Sendable {
    package let node: NodeID
    package let name: String
}

/// A task that waits to be tried again.
package struct PendingRetry: Sendable {
    package let task: TaskLink
    package let notBefore: Timestamp
}

extension FailureKind {
    /// Whether another run may end otherwise: the function threw, or a file of its node's was not
    /// as it should be.
    fileprivate var mayEndOtherwise: Bool {
        switch self {
        case .thrown, .timedOut, .sourceMissing, .sourceDenied, .sourceFailed: true
        default: false
        }
    }
}

extension Scheduler {
    // A task that failed once never enters the ready queue again: `settleInputs` brings it here.

    /// A run failed by itself: the task is tried again where its plan says so, else it fails.
    mutating func failed(
        _ index: TaskIndex, with failure: TaskFailure, on node: NodeID,
        into effects: inout [SchedulerEffect]
    ) {
        let rule = rule(of: index, after: failure.kind)
        guard failure.kind.mayEndOtherwise else {
            var failure = failure
            if failure.kind == .trapped, rule.attempts > 1 { failure.message += Self.neverAgain }
            return fail(index, failure, into: &effects)
        }
        let here = Setback(node: node, name: failure.node)
        guard tasks[extra: index].setbacks.count + 1 < Int(rule.attempts) else {
            var failure = failure
            failure.message += words(about: index, after: here, rule)
            return fail(index, failure, into: &effects)
        }
        tasks[extra: index].setbacks.append(here)
        let pause = rule.pause(after: tasks[extra: index].setbacks.count)
        retries.append(
            PendingRetry(task: tasks.link(to: index), notBefore: now.advanced(by: pause)))
        // Of a thousand tasks that fail there in the same way, one word is enough.
        let function = tasks.function(of: index)
        guard remarkedRetries.insert(RetriedPlace(function: function, node: node)).inserted else {
            return
        }
        let text =
            "\(name(of: index)) failed on \(here.name) and is tried again: \(failure.message)"
        effects.append(.notify(tasks.client(of: index), .remark(text)))
    }

    /// The plan's rule, or the function's own where it allows more attempts.
    ///
    /// What the functions of a loop declare is for calls: one that threw was made again in its
    /// place, and only of one that hung another run of the loop is an attempt.
    private func rule(of index: TaskIndex, after kind: FailureKind) -> RetryRule {
        let planned = tasks.retry(of: index)
        if isLoop(index), kind != .timedOut { return planned }
        let own = needs(of: index).retry
        return own.attempts > planned.attempts ? own : planned
    }

    /// Grants the tasks whose pause is over to nodes that have room for them.
    mutating func grantRetries(into effects: inout [SchedulerEffect]) {
        guard !retries.isEmpty else { return }
        let waiting = retries
        retries = []
        for retry in waiting {
            let index = retry.task.index
            // It was cancelled, or an input was lost and made again: then it is in the queue.
            guard tasks.isCurrent(retry.task), tasks[index].state == .waiting else { continue }
            guard retry.notBefore <= now else {
                retries.append(retry)
                continue
            }
            guard tasks.inputs(of: index).allSatisfy({ tasks[$0].isAvailable }),
                let program = programPlace(of: index)
            else {
                makeAgainIfLost(tasks.inputs(of: index), into: &effects)
                settleInputs(of: index, into: &effects)
                continue
            }
            nodes.refresh()
            let demand = demand(of: index)
            let avoided = avoided(by: index, of: program, demand)
            switch choose(for: index, of: program, demand, avoiding: avoided) {
            case .node(let place): assign(index, to: place, piece: [])
            case .noTime, .noMemory: retries.append(retry)
            case .never(let text):
                fail(index, failure(.unmetNeeds, of: index, text), into: &effects)
            }
        }
        flushGrants(into: &effects)
    }

    /// When the next pause ends.
    var nextRetry: Timestamp? { retries.lazy.map(\.notBefore).filter { $0 > now }.min() }

    /// Nodes on which the task failed, unless there are no others that could run it.
    private func avoided(by index: TaskIndex, of program: Int, _ demand: TaskDemand) -> [NodeID] {
        let failed = tasks[extra: index].setbacks.map(\.node)
        let other = nodes.first {
            $0.slots >= demand.cores && $0.budget >= demand.declaredBytes
        } where: { node in
            node.drain == nil && node.state(of: program) != .failed && !failed.contains(node.id)
                && node.slots >= demand.cores && node.budget >= demand.declaredBytes
        }
        return other == nil ? [] : failed
    }

    // MARK: What is said

    /// What retries are for, where one was asked for and there is none.
    private static let neverAgain =
        " It is not tried again, since the check would stop it again: retries are for errors that "
        + "a function throws, and for time limits."

    /// Which run of the task one that failed was, as its user counts them: runs that were taken
    /// back, or that were lost with their node, are none.
    func countedRun(of index: TaskIndex) -> UInt32 {
        guard tasks[index].attempt > 0 else { return 0 }
        return UInt32(clamping: tasks[extra: index].setbacks.count + 1)
            + UInt32(clamping: tasks[extra: index].charged)
    }

    /// A run of the function ended well there.
    mutating func noteSuccess(of index: TaskIndex, on node: NodeID) {
        let function = Int(tasks.function(of: index).rawValue)
        // With one node there is no other that it is told from.
        guard nodes.nodes.count > 1, function < successes.count,
            !successes[function].contains(node)
        else { return }
        successes[function].insert(node)
    }

    /// How often it was tried and where, and which other nodes ran the function well.
    private func words(
        about index: TaskIndex, after last: Setback, _ rule: RetryRule
    ) -> String {
        let setbacks = tasks[extra: index].setbacks + [last]
        var text = ""
        if setbacks.count > 1 {
            let places = Self.list(setbacks.map(\.name).filter { !$0.isEmpty })
            text +=
                ". It was tried \(setbacks.count) times\(places.isEmpty ? "" : ", on \(places)")"
        }
        let function = Int(tasks.function(of: index).rawValue)
        let good = function < successes.count ? successes[function] : NodeSet()
        let others = nodes.nodes.filter { node in
            good.contains(node.id) && !setbacks.contains { $0.node == node.id }
        }
        guard !others.isEmpty else { return text }
        text += ". Other runs of it ended well on \(Self.list(others.map(\.description.name)))"
        return rule.attempts > 1
            ? text
            : text + ": see what \(last.name) lacks, or let the plan try elsewhere (`retry:`)"
    }

    /// Names in a sentence; of many the first.
    private static func list(_ names: [String]) -> String {
        var names = names
        if names.count > 5 { names = names.prefix(4) + ["\(names.count - 4) others"] }
        guard let last = names.popLast() else { return "" }
        return names.isEmpty ? last : names.joined(separator: ", ") + " and " + last
    }
}

/// A function that failed on a node.
struct RetriedPlace: Hashable {
    let function: FunctionIndex
    let node: NodeID
}
