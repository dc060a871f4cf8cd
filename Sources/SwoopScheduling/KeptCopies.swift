// Copies of kept pages: nobody can make a kept page again, so each is on two nodes where there are
// two. A copy is made when it comes to be kept, when a node that had one is lost, and when a node
// comes where there was only one.

package import SwoopModel

/// A page that is to be on one node more.
package struct KeptCopy: Equatable, Sendable {
    package let task: TaskID
    /// What is being kept with it, and waits for the copy.
    package var waiting: [KeptID] = []
    /// The node that was told to copy it; nil: none yet.
    package var target: NodeID?
    /// Nodes that could not.
    package var refusals: [NodeID] = []
}

extension Scheduler {
    /// Copies that are under way at a time.
    private static let keptCopiesMax = 8

    /// Wants a second copy of a kept page, unless it has one.
    ///
    /// - Parameter id: what waits for it, if anything does.
    mutating func wantCopy(of index: TaskIndex, for id: KeptID? = nil) {
        guard lacksCopy(index) else { return }
        let task = tasks.id(of: index)
        if let id, let place = keptPlace(id) { kept[place].copiesLeft += 1 }
        let waiting = id.map { [$0] } ?? []
        if keptCopyTasks.insert(task).inserted {
            keptCopies.append(KeptCopy(task: task, waiting: waiting))
        } else if let known = keptCopies.firstIndex(where: { $0.task == task }) {
            keptCopies[known].waiting += waiting
        }
    }

    /// Whether it is a kept page that another node should have.
    private func lacksCopy(_ index: TaskIndex) -> Bool {
        tasks[index].isKept && tasks[index].isAvailable && tasks.pages(of: index) != nil
            && tasks.locations(of: index).count < configuration.dataCopies
    }

    /// Gives orders for copies, a few at a time; what no further node can take is as good as it
    /// can be.
    mutating func copyKept(into effects: inout [SchedulerEffect]) {
        guard !keptCopies.isEmpty else { return }
        var underWay = keptCopies.count { $0.target != nil }
        guard underWay < Self.keptCopiesMax else { return }
        nodes.refresh()
        var ended: [KeptCopy] = []
        var rest: [KeptCopy] = []
        for (place, copy) in keptCopies.enumerated() {
            guard copy.target == nil else {
                rest.append(copy)
                continue
            }
            guard underWay < Self.keptCopiesMax else {
                rest += keptCopies[place...]
                break
            }
            guard let order = order(for: copy) else {
                ended.append(copy)
                continue
            }
            underWay += 1
            var told = copy
            told.target = order.node
            rest.append(told)
            effects.append(.copyPage(order.node, order.copy))
        }
        keptCopies = rest
        for copy in ended { end(copy) }
    }

    /// Which node is to copy the page; nil: it has its copies, or none can.
    private func order(for copy: KeptCopy) -> (node: NodeID, copy: PageCopy)? {
        guard let index = tasks.index(of: copy.task), lacksCopy(index),
            let pages = tasks.pages(of: index)
        else { return nil }
        let there = tasks.locations(of: index)
        let place = nodes.roomiest { there.contains($0) || copy.refusals.contains($0) }
        guard let place else { return nil }
        let attempt = currentAttempt(of: index)
        return (nodes[place].id, PageCopy(attempt: attempt, pages: pages, nodes: there))
    }

    /// There is nothing more to do for it.
    private mutating func end(_ copy: KeptCopy) {
        keptCopyTasks.remove(copy.task)
        for id in copy.waiting {
            if let place = keptPlace(id) { kept[place].copiesLeft -= 1 }
        }
    }

    /// A node has the copy that it was told to make.
    mutating func endKeptCopy(of task: TaskID, to node: NodeID) {
        guard let place = keptCopies.firstIndex(where: { $0.task == task && $0.target == node })
        else { return }
        end(keptCopies.remove(at: place))
    }

    /// A node could not make it: another one may.
    mutating func refuseKeptCopy(
        _ failure: TaskFailure, by node: NodeID, into effects: inout [SchedulerEffect]
    ) {
        let task = failure.task
        guard let place = keptCopies.firstIndex(where: { $0.task == task && $0.target == node })
        else { return }
        keptCopies[place].target = nil
        keptCopies[place].refusals.append(node)
        nodes.refresh()
        guard order(for: keptCopies[place]) == nil, let index = tasks.index(of: task),
            lacksCopy(index)
        else { return }
        let name = kept.first { $0.tasks.contains(task) }?.name ?? ""
        let text = "a page of the kept data \(name) is on one node only: \(failure.message)"
        // Once for each: a full node refuses many.
        guard remarkedKept.insert(name).inserted else { return }
        remarkToAll(text, into: &effects)
    }

    /// A node is lost: other nodes are to make the copies that it made.
    mutating func forgetKeptCopies(to node: NodeID) {
        for place in keptCopies.indices where keptCopies[place].target == node {
            keptCopies[place].target = nil
        }
    }

    /// A node has come: what is on one node only can be on two.
    mutating func copyToNewNode() {
        guard nodes.nodes.count > 1 else { return }
        remarkedKept = []
        for task in kept.flatMap(\.tasks) {
            if let index = tasks.index(of: task) { wantCopy(of: index) }
        }
    }

    /// Traps with a sentence when the table of what is kept disagrees with that of tasks.
    func checkKept() {
        var keepers: [TaskID: UInt32] = [:]
        for task in kept.flatMap(\.tasks) { keepers[task, default: 0] += 1 }
        for index in tasks.indices {
            let count = keepers.removeValue(forKey: tasks.id(of: index)) ?? 0
            precondition(
                tasks[extra: index].keepers == count && tasks[index].isKept == (count > 0),
                "\(tasks.id(of: index)) is kept \(tasks[extra: index].keepers) times, not \(count)")
        }
        precondition(keepers.isEmpty, "a forgotten record is kept")
        precondition(
            keptCopyTasks == Set(keptCopies.map(\.task))
                && keptCopyTasks.count == keptCopies.count, "a page is copied twice")
        for record in kept {
            let waiting = keptCopies.reduce(0) { sum, copy in
                sum + copy.waiting.count { $0 == record.id }
            }
            precondition(
                record.copiesLeft == waiting, "\(record.name) waits for copies that nobody makes")
            guard record.isReadable else { continue }
            precondition(
                record.tasks.allSatisfy { task in
                    tasks.index(of: task).map { tasks[$0].kind == .data } ?? false
                }, "\(record.name) is kept with its lineage")
        }
    }
}
