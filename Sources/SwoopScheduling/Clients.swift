// Clients of the scheduler: who may name tasks, and how far their graphs are.

package import SwoopModel

/// What the scheduler knows of one client.
package struct ClientRecord: Sendable {
    package let id: ClientID
    /// Whose functions its tasks are.
    package let program: ProgramID
    package var progress = ProgressCount()

    package init(id: ClientID, program: ProgramID) {
        self.id = id
        self.program = program
    }
}

extension Scheduler {
    mutating func join(
        _ client: ClientID, _ program: ProgramID, into effects: inout [SchedulerEffect]
    ) {
        guard clientPlace(client) == nil else { return }
        clients.append(ClientRecord(id: client, program: program))
        clients.sort { $0.id < $1.id }
        prepareEverywhere(program, into: &effects)
    }

    /// Cancels what the client had and frees its pages.
    mutating func leave(_ client: ClientID, into effects: inout [SchedulerEffect]) {
        guard let place = clientPlace(client) else { return }
        clients.remove(at: place)
        let own = tasks.indices.filter { tasks[$0].client == client }
        for index in own { tasks[index].isHeld = false }
        for index in own where tasks.contains(index) { discardIfUnneeded(index, into: &effects) }
        endLends(of: client, into: &effects)
    }

    func clientPlace(_ client: ClientID) -> Int? { clients.firstIndex { $0.id == client } }

    mutating func count(_ client: ClientID, _ change: (inout ProgressCount) -> Void) {
        guard let place = clientPlace(client) else { return }
        change(&clients[place].progress)
    }

    /// Counts over all clients.
    package var progress: ProgressCount {
        clients.reduce(into: ProgressCount()) { sum, client in
            sum.done += client.progress.done
            sum.failed += client.progress.failed
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
        progress.nanosecondsLeft = nanosecondsLeft(of: client)
        return progress
    }

    /// Tasks that are gone through for a prediction; of more there is none.
    private static let predictedMax = 20_000

    /// The work that is left of a client's tasks, divided by the slots; 0 where it is not known.
    private func nanosecondsLeft(of client: ClientID) -> Int64 {
        let slots = nodes.nodes.reduce(0) { $0 + $1.slots }
        guard slots > 0, tasks.count <= Self.predictedMax else { return 0 }
        var work: Int64 = 0
        for record in tasks.records where record.client == client && record.kind == .call {
            guard record.state != .done, !record.state.isFinal else { continue }
            let function = Int(record.spec.function.rawValue)
            guard function < durations.count, durations[function] != nil else { return 0 }
            let predicted = predictedNanoseconds(of: record.spec)
            let (sum, overflow) = work.addingReportingOverflow(predicted)
            guard !overflow, predicted < Self.longest else { return 0 }
            work = sum
        }
        return work / slots
    }
}
