// The agent's connection to its coordinator as a lane: what leaves waits there, pages are read from
// the arena as they leave, and signs of life pass all of it.

import SwoopExecution
import SwoopModel
import SwoopStorage
import SwoopTransport
import SwoopWire

/// Bytes of an output that leave from where they lie; the machine keeps them until all have left.
struct LeavingPage {
    var task: TaskID
    var page: PageExtent
}

extension AgentLoop {
    mutating func send(_ message: AgentMessage) {
        lane.add(message.encoded(), message.laneOrder)
        flush()
    }

    /// Sends an output from where it lies in the arena.
    mutating func sendOutput(_ task: TaskID, _ page: PageExtent) {
        guard extents[page.offset] != nil else {
            send(.pageMissing(task))
            return handle(.rangeSent(task))
        }
        let message = AgentMessage.page(task, bytes: [])
        let place = LeavingPage(task: task, page: page)
        lane.add(
            [.here(message.encoded()[0]), .elsewhere(place, count: Int(page.byteCount))],
            message.laneOrder)
        flush()
    }

    /// Sends what may leave, as far as the socket takes it.
    mutating func flush() {
        // Sending reads the arena and the socket, which belong to this loop as the lane does.
        var lane = Lane<LeavingPage>()
        swap(&lane, &self.lane)
        let done = lane.send(at: MonotonicClock.nanoseconds()) { place, range in
            read(place, range)
        } give: { frames in
            (try? way.socket.send(frames.map { Frame($0) })) == .sent
        }
        swap(&lane, &self.lane)
        for place in done { handle(.rangeSent(place.task)) }
    }

    mutating func receive() {
        var isHeard = false
        while let message = try? way.socket.receive() {
            if !isHeard { handle(.coordinatorHeard) }
            isHeard = true
            let taken = try? lane.take(
                message.frames.map(\.bytes), at: MonotonicClock.nanoseconds(),
                hasRoom: { $0 <= MachineMemory.availableBytes() ?? .max })
            switch taken {
            case .message(let frames):
                if let order = try? AgentOrder(frames: frames) {
                    take(order)
                } else {
                    malformed += 1
                }
            case .refused(let head, let byteCount): refuse(head, byteCount)
            case .part, .credit: break
            case nil: malformed += 1
            }
        }
        flush()
    }

    /// An order came that this node has no memory for.
    private mutating func refuse(_ head: [UInt8], _ byteCount: Int) {
        switch try? AgentOrder(frames: [head, []]) {
        case .storePage(let task, _, _, _):
            handle(.dataRefused(task, "it has no memory for \(byteCount) bytes at a time"))
        case .relayed(let task, _, _): handle(.fetchFailed(task, .noRoom))
        default: send(.remark("orders of \(byteCount) bytes came, more than it has memory for"))
        }
    }
}
