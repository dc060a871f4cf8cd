// Clients of the scheduler: who may name tasks, and how far their graphs are.

package import SwoopModel

/// What the scheduler knows of one client.
package struct ClientRecord: Sendable {
    package let id: ClientID
    /// Whose functions its tasks are.
    package let program: ProgramID
    /// The place of its share of the cores.
    package let share: Int
    package var progress = ProgressCount()
    /// Every task of its that is in the table, and links to forgotten ones.
    package var tasks: [TaskLink] = []
    /// Tasks among them.
    package var taskCount = 0

    package init(id: ClientID, program: ProgramID, share: Int) {
        self.id = id
        self.program = program
        self.share = share
    }
}

extension Scheduler {
    mutating func join(
        _ client: ClientID, _ program: ProgramID, into effects: inout [SchedulerEffect]
    ) {
        guard clientPlace(client) == nil else { return }
        let share = addShare(of: .client, program: programPlace(of: program))
        clients.append(ClientRecord(id: client, program: program, share: share))
        clients.sort { $0.id < $1.id }
        prepareEverywhere(program, into: &effects)
    }

    /// Cancels what the client had and frees its pages.
    mutating func leave(_ client: ClientID, into effects: inout [SchedulerEffect]) {
        abandonKeeping(of: client, into: &effects)
        guard let place = clientPlace(client) else { return }
        let own = tasks.each(of: clients[place].tasks) { tasks.client(of: $0) == client }
        let share = clients[place].share
        clients.remove(at: place)
        for task in own {
            tasks[task.index].isHeld = false
            guard tasks[task.index].isNew else { continue }
            // What is not taken in may need itself.
            tasks[task.index].isNew = false
            unlink(task.index)
        }
        for task in own where tasks.isCurrent(task) {
            discardIfUnneeded(task.index, into: &effects)
        }
        endLends(of: client, into: &effects)
        giveUp(share)
    }

    /// Puts a record into the table, and into its client's list.
    mutating func enter(_ kind: TaskKind, part: Int32, row: Int) -> TaskIndex {
        let index = tasks.insert(kind, part: part, row: row)
        guard let place = clientPlace(tasks.client(of: index)) else { return index }
        clients[place].tasks.append(tasks.link(to: index))
        clients[place].taskCount += 1
        // Links to forgotten ones are dropped when they outnumber the others.
        if clients[place].tasks.count > 2 * clients[place].taskCount + 64 {
            clients[place].tasks.removeAll { !tasks.isCurrent($0) }
        }
        return index
    }

    func clientPlace(_ client: ClientID) -> Int? {
        // A record is not handed on for its id: it has lists.
        for place in clients.indices where clients[place].id == client { return place }
        return nil
    }

    mutating func count(_ client: ClientID, _ change: (inout ProgressCount) -> Void) {
        guard let place = clientPlace(client) else { return }
        change(&clients[place].progress)
    }

    /// Counts over all clients.
    package var progress: ProgressCount {
        clients.reduce(into: ProgressCount()) { sum, client in
            sum.done += client.progress.done
            sum.failed += client.progress.failed
            sum.cancelled += client.progress.cancelled
            sum.running += client.progress.running
            sum.total += client.progress.total
            sum.bytesIn &+= client.progress.bytesIn
            sum.bytesOut &+= client.progress.bytesOut
            sum.movedBytes &+= client.progress.movedBytes
        }
    }

    /// Counts of one client, and what its tasks are predicted to take.
    package func progress(of client: ClientID) -> ProgressCount {
        guard let place = clientPlace(client) else { return ProgressCount() }
        var progress = clients[place].progress
        let left = timeLeft(of: client)
        progress.nanosecondsLeft = left.nanoseconds
        progress.nanosecondsLeftLeast = left.least
        progress.nanosecondsLeftMost = left.most
        return progress
    }

    /// Tasks that are gone through for a prediction: of more, one of every so many stands for them.
    private static let predictedMax = 20_000

    /// Which of `step` tasks stands for the others: no fixed one, since functions may take turns.
    private static func place(in step: Int, of number: Int) -> Int {
        Int((UInt64(number) &* 0x9e37_79b9_7f4a_7c15) >> 33) % step
    }

    /// What is left of a client's work, divided by the slots, with the range in which it lies nine
    /// times in ten; 0 where it is not known.
    private func timeLeft(
        of client: ClientID
    ) -> (nanoseconds: Int64, least: Int64, most: Int64) {
        let slots = nodes.slots
        guard slots > 0, let place = clientPlace(client) else { return (0, 0, 0) }
        let own = clients[place].tasks
        let step = 1 + own.count / Self.predictedMax
        var work: Int64 = 0
        var workOfFunctions: [Int: Double] = [:]
        for start in stride(from: 0, to: own.count, by: step) {
            let place = start + Self.place(in: step, of: start / step)
            guard place < own.count, tasks.isCurrent(own[place]) else { continue }
            let index = own[place].index
            guard tasks[index].kind == .call else { continue }
            guard tasks[index].state != .done, !tasks[index].state.isFinal else { continue }
            let function = Int(tasks.function(of: index).rawValue)
            guard function < durations.count, durations[function] != nil else { return (0, 0, 0) }
            let predicted = predictedNanoseconds(of: index)
            let (sum, overflow) = work.addingReportingOverflow(predicted)
            guard !overflow, predicted < Self.longest else { return (0, 0, 0) }
            work = sum
            workOfFunctions[function, default: 0] += Double(predicted)
        }
        let (all, overflow) = work.multipliedReportingOverflow(by: Int64(step))
        guard !overflow, all > 0 else { return (0, 0, 0) }
        let factor = spreadFactor(of: workOfFunctions)
        let left = all / slots
        let most = Double(left) * factor
        return (left, Int64(Double(left) / factor), most < 9e18 ? Int64(most) : .max)
    }

    /// How far work may be from its prediction, nine times in ten, as a factor.
    ///
    /// What is wrong about a function is taken for wrong about all of its runs: they share a law.
    private func spreadFactor(of workOfFunctions: [Int: Double]) -> Double {
        var (all, variance) = (0.0, 0.0)
        // In one order: sums of floating-point numbers depend on it.
        for function in workOfFunctions.keys.sorted() {
            let work = workOfFunctions[function] ?? 0
            let spread = work * max(0, durations[function]?.logSpread ?? 0)
            all += work
            variance += spread * spread
        }
        guard all > 0, variance.isFinite else { return 1 }
        // 1.645 standard deviations on each side hold nine outcomes in ten.
        let exponent = min(5, 1.645 * variance.squareRoot() / all)
        var (term, factor) = (1.0, 1.0)
        for step in 1...30 {
            term *= exponent / Double(step)
            factor += term
        }
        return factor
    }
}
