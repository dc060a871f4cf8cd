// What a task does, and the only way from one state to another. Whoever changes a state takes
// along, in the same step, everything that follows from it: the load of the node, the counts of the
// client, the claim on the inputs. So no state says what a table does not hold any more.

package import SwoopModel

/// What a task does now.
package enum TaskState: Hashable, Sendable {
    /// Inputs are missing, or its node has given it up. In no queue. Can become: ready, leased
    /// (along with its inputs), done, failed, cancelled.
    case waiting
    /// All inputs are available; in the ready queue. Can become: leased, waiting, done (made again
    /// for nobody), failed, cancelled.
    case ready
    /// Granted to a node, not yet on a core. Can become: running there, waiting, done (made again
    /// for nobody), failed, cancelled.
    case leased(NodeID)
    /// On a core. Can become: suspended there, waiting, done (made again for nobody), failed,
    /// cancelled.
    case running(NodeID)
    /// Waits for its children, its core given back. Can become: running there, waiting, done (made
    /// again for nobody), failed, cancelled.
    case suspended(NodeID)
    /// Its output is, or was, stored. Can become: waiting, when the output is lost and needed;
    /// failed, when it cannot be made again.
    case done
    /// Ended with a failure. Final.
    case failed
    /// Stopped by its client, or needed by nobody. Final.
    case cancelled

    /// The node that holds the current attempt.
    package var node: NodeID? {
        switch self {
        case .leased(let node), .running(let node), .suspended(let node): node
        case .waiting, .ready, .done, .failed, .cancelled: nil
        }
    }

    package var isFinal: Bool {
        switch self {
        case .failed, .cancelled: true
        default: false
        }
    }

    /// Whether a task in this state may come into the next one: the lists above, as a check.
    package func canBecome(_ next: TaskState) -> Bool {
        switch (self, next) {
        case (.failed, _), (.cancelled, _): false
        case (.done, .waiting), (.done, .failed): true
        case (.done, _): false
        // Whatever has not ended may end.
        case (_, .done), (_, .failed), (_, .cancelled): true
        case (.waiting, .ready), (.waiting, .leased): true
        case (.ready, .leased), (.ready, .waiting): true
        case (.leased, .waiting), (.running, .waiting), (.suspended, .waiting): true
        case (.leased(let node), .running(let other)): node == other
        case (.running(let node), .suspended(let other)): node == other
        case (.suspended(let node), .running(let other)): node == other
        default: false
        }
    }
}

extension TaskState {
    /// Whether clients are told how many of their tasks are so.
    fileprivate var isCounted: Bool {
        switch self {
        case .running, .done, .failed, .cancelled: true
        case .waiting, .ready, .leased, .suspended: false
        }
    }
}

extension TaskRecord {
    /// Whether it counts among the unfinished dependents of its inputs: until it has ended, and as
    /// long as it stands for the result of a loop, which it reads.
    var claimsInputs: Bool {
        !state.isFinal && (state != .done || kind == .iteration)
    }
}

extension Scheduler {
    /// Brings a task into another state, and every count that follows from it.
    mutating func change(_ index: TaskIndex, to next: TaskState) {
        let last = tasks[index].state
        let hadClaim = tasks[index].claimsInputs
        // While the record says still what is to be taken away.
        if last.node != next.node { vacate(index) }
        tasks[index].become(next)
        if case .leased(let node) = next { occupy(node, with: index) }
        switch (last, next) {
        case (.leased, .running(let node)): endRecall(of: index, on: node)
        case (.running, .suspended(let node)): giveCores(of: index, to: node, isBack: true)
        case (.suspended, .running(let node)): giveCores(of: index, to: node, isBack: false)
        default: break
        }
        countProgress(of: index, from: last, to: next)
        guard tasks[index].claimsInputs != hadClaim else { return }
        tasks.count(claimsOf: index, hadClaim ? -1 : 1)
    }

    /// Takes the task from the node that holds it, if any: it waits.
    mutating func takeBack(_ index: TaskIndex) {
        if tasks[index].state != .waiting { change(index, to: .waiting) }
    }

    /// The record reads an input no more.
    mutating func letGo(of input: TaskIndex, by index: TaskIndex) {
        guard tasks.disconnect(index, from: input) else { return }
        if tasks[index].claimsInputs { tasks[input].unfinishedDependents -= 1 }
    }

    /// The record reads none of its inputs any more.
    mutating func unlink(_ index: TaskIndex) {
        let hadClaim = tasks[index].claimsInputs
        while let input = tasks.disconnectFirst(index) {
            if hadClaim { tasks[input].unfinishedDependents -= 1 }
        }
    }

    private mutating func countProgress(
        of index: TaskIndex, from last: TaskState, to next: TaskState
    ) {
        guard tasks[index].kind == .call, last.isCounted || next.isCounted else { return }
        let isCancelled = next == .cancelled || tasks[index].isStopped
        count(tasks.client(of: index)) { progress in
            if case .running = last { progress.running -= 1 }
            if case .running = next { progress.running += 1 }
            if last == .done { progress.done -= 1 }
            if next == .done { progress.done += 1 }
            guard next.isFinal else { return }
            if isCancelled { progress.cancelled += 1 } else { progress.failed += 1 }
        }
    }

    // MARK: The load of nodes

    /// Counts a task to the node's load.
    private mutating func occupy(_ node: NodeID, with index: TaskIndex) {
        guard let place = nodes.place(of: node) else { return }
        nodes[place].assigned += 1
        nodes[place].assignedCores += cores(of: index)
        count(timeOf: index, at: place, 1)
        foresee(index, isBack: false)
        heldCount += 1
        nodes[place].held.append(tasks.link(to: index))
        if nodes[place].held.count > 2 * nodes[place].assigned + 16 {
            nodes[place].held = held(at: place)
        }
        promise(index, at: place)
    }

    /// Links to the tasks that the node holds, each once.
    func held(at place: Int) -> [TaskLink] {
        let node = nodes[place].id
        return tasks.each(of: nodes[place].held) { tasks[$0].state.node == node }
    }

    /// Links to the tasks of which the node has the page, each once.
    func pages(at place: Int) -> [TaskLink] {
        let node = nodes[place].id
        return tasks.each(of: nodes[place].pages) { tasks.locations(of: $0).contains(node) }
    }

    /// Takes a task from the load of the node that holds it, if any.
    private mutating func vacate(_ index: TaskIndex) {
        guard let node = tasks[index].state.node, let place = nodes.place(of: node) else { return }
        nodes[place].assigned -= 1
        heldCount -= 1
        foresee(index, isBack: true)
        withdrawPromise(index, at: place)
        endReading(of: index, on: node)
        endRecall(of: index, on: node)
        if case .suspended = tasks[index].state {
            nodes[place].suspended -= 1
        } else {
            nodes[place].assignedCores -= cores(of: index)
            count(timeOf: index, at: place, -1)
        }
    }

    private mutating func count(timeOf index: TaskIndex, at place: Int, _ sign: Int64) {
        let time = tasks[index].predicted
        nodes[place].assignedNanoseconds += sign * time
        nodes[place].aheadNanoseconds += sign * min(time, configuration.horizonNanoseconds)
    }

    /// Whether runs that nodes hold would take far longer, or far shorter, than was foreseen, as
    /// far as some of them show.
    func isFarFromForeseen(function: Int) -> Bool {
        let samples = 8
        for node in nodes.nodes.prefix(samples) where node.assigned > 0 {
            for step in 0..<samples {
                let link = node.held[step * node.held.count / samples]
                guard tasks.isCurrent(link),
                    Int(tasks.function(of: link.index).rawValue) == function
                else { continue }
                let (was, now) = (tasks[link.index].predicted, predictedNanoseconds(of: link.index))
                if was / 4 > now || now / 4 > was { return true }
            }
        }
        return false
    }

    /// More is known of a function now: what nodes were given of it counts as what it will take.
    ///
    /// - Parameter function: nil: any of them.
    mutating func foreseeAgain(function: Int? = nil) {
        for place in nodes.nodes.indices where nodes[place].assigned > 0 {
            for index in held(at: place).map(\.index)
            where function == nil || Int(tasks.function(of: index).rawValue) == function {
                if case .suspended = tasks[index].state { continue }
                foresee(index, isBack: true)
                count(timeOf: index, at: place, -1)
                tasks[index].predicted = predictedNanoseconds(of: index)
                count(timeOf: index, at: place, 1)
                foresee(index, isBack: false)
            }
        }
    }

    /// A suspended task leaves its cores to others, until it goes on.
    private mutating func giveCores(of index: TaskIndex, to node: NodeID, isBack: Bool) {
        guard let place = nodes.place(of: node) else { return }
        let sign: Int64 = isBack ? -1 : 1
        nodes[place].suspended -= Int(sign)
        nodes[place].assignedCores += sign * cores(of: index)
        count(timeOf: index, at: place, sign)
    }
}
