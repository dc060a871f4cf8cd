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
        }
    }

    /// Counts of one client.
    package func progress(of client: ClientID) -> ProgressCount {
        clientPlace(client).map { clients[$0].progress } ?? ProgressCount()
    }
}
