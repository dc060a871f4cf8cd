// Clients of the virtual cluster: programs with their sessions.

package import SwoopModel
import SwoopScheduling
package import SwoopSession
import SwoopWire

/// A client of the simulation.
struct VirtualClient {
    let id: ClientID
    var session = SessionMachine()
    /// nil: it is in the coordinator's process.
    var watch: CoordinatorWatch?
    /// What it keeps until it is asked for.
    var data: [TaskID: [UInt8]] = [:]
}

extension VirtualCluster {
    /// The client that is there when nobody says which.
    package static let firstClient = ClientID(7)

    func client(_ id: ClientID) -> VirtualClient? { clients.first { $0.id == id } }

    /// A program opens a session. One of another process greets over its connection, which the
    /// coordinator's machine takes even while the coordinator is stopped.
    package mutating func open(
        _ client: ClientID = Self.firstClient, program: ProgramID = .none
    ) {
        var record = VirtualClient(id: client)
        if configuration.clientsWatch {
            var watch = CoordinatorWatch(
                patience: 2 * nanosecondsPerSecond, at: Timestamp(nanoseconds: now))
            watch.reach()
            record.watch = watch
            queue.add(.clientTurn(client), at: now)
        }
        clients.append(record)
        if configuration.clientsWatch {
            send(
                .hello(version: wireVersion, client: client, program: program, name: "virtual"),
                from: client)
        } else {
            queue.add(.clientCame(client, program), at: now)
        }
    }

    /// The program did something.
    package mutating func act(_ event: SessionEvent, as client: ClientID = Self.firstClient) {
        guard let place = clients.firstIndex(where: { $0.id == client }) else { return }
        var effects: [SessionEffect] = []
        clients[place].session.handle(event, at: Timestamp(nanoseconds: now), into: &effects)
        for effect in effects {
            if configuration.keepsTrace { trace.append(.session(effect)) }
            switch effect {
            case .submit(let part, let data):
                let brought = zip(part.data, data).map { spec, bytes -> [UInt8] in
                    guard spec.isDeferred else { return bytes }
                    clients[place].data[spec.id] = bytes
                    return []
                }
                send(.submit(part, data: brought), from: client)
            case .release(let tasks): send(.release(tasks), from: client)
            case .cancel(let tasks): send(.cancel(tasks), from: client)
            case .want(let tasks): send(.want(tasks), from: client)
            case .bringData(let task):
                let bytes = clients[place].data[task] ?? []
                send(.data(task, bytes: bytes), from: client)
            // A virtual program shares no node's memory: it never asks for room.
            case .writeData, .sendData: break
            case .forgetData(let task): clients[place].data[task] = nil
            case .settle, .bring, .refuse, .offer, .show, .remark, .progress: break
            }
        }
        planDeadline(clients[place].session.nextDeadline)
    }

    /// The program wants something kept.
    package mutating func keep(_ wish: KeepWish, as client: ClientID = Self.firstClient) {
        send(.keep(wish), from: client)
    }

    /// The program wants nothing more of what is kept under these names.
    package mutating func freeKept(_ names: [String], as client: ClientID = Self.firstClient) {
        send(.freeKept(number: 0, names), from: client)
    }

    /// A program ends.
    package mutating func close(_ client: ClientID = Self.firstClient) {
        send(.goodbye, from: client)
        clients.removeAll { $0.id == client }
    }

    mutating func take(_ reply: ClientReply, at client: ClientID) {
        if let place = clients.firstIndex(where: { $0.id == client }) {
            clients[place].watch?.hear(at: Timestamp(nanoseconds: now))
        }
        switch reply {
        case .notices(let notices): act(.noticed(notices), as: client)
        case .value(let task, let bytes): act(.valueArrived(task, bytes), as: client)
        case .welcome, .refused, .usage, .records, .programWanted, .hosts, .hostsTaken,
            .hostSettled, .kept, .keepSettled:
            break
        }
    }

    mutating func take(_ message: ClientMessage, from client: ClientID) {
        switch message {
        case .submit(let part, let data): handle(.graphSubmitted(client, part, data: data))
        case .data(let task, let bytes): handle(.dataArrived(client, task, bytes: bytes))
        case .roomWanted(let task, let byteCount):
            handle(.roomWanted(client, task, nil, byteCount: byteCount))
        case .dataWritten(let task, let page): handle(.dataWritten(client, task, page))
        case .dataFailed(let failure): handle(.dataFailed(client, failure))
        case .release(let tasks): handle(.handlesReleased(client, tasks))
        case .cancel(let tasks): handle(.cancellationRequested(client, tasks))
        case .want(let tasks): handle(.outputsWanted(client, tasks))
        case .keep(let wish): handle(.keepWanted(client, wish, program: "virtual"))
        case .freeKept(let number, let names):
            handle(.keptUnwanted(client, number: number, names))
        case .goodbye: handle(.clientLeft(client))
        case .hello(_, let id, let program, _):
            handle(.clientJoined(id, program))
            send(.welcome(version: wireVersion, nodes: nodes.map(\.description)), to: client)
        case .wantRecords, .watchUsage, .offerProgram, .wantHosts, .releaseHosts, .forgetHosts,
            .wantKept, .library:
            break
        }
    }
}
