// The bytes of what the coordinator says to an agent. A lease is columns (PieceTable.swift), the
// bytes of a page are a frame of their own.

internal import SwoopModel

extension AgentOrder {
    /// The frames to send.
    package func encoded() -> [[UInt8]] {
        switch self {
        case .accepted(let node, let epoch):
            var header = ProtoAccepted()
            header.node = node.rawValue
            header.epoch = epoch.rawValue
            return MessageKind.accepted.frames(header)
        case .refused(let reason): return MessageKind.agentRefused.frames(ProtoText(reason))
        case .lease(let lease):
            let (header, arguments, inputs) = PieceBuilder.encoded(lease)
            return MessageKind.lease.frames(header, [arguments, inputs])
        case .revoke(let attempts): return MessageKind.revoke.frames(ProtoAttempts(attempts))
        case .recall(let attempts): return MessageKind.recall.frames(ProtoAttempts(attempts))
        case .dropPages(let tasks): return MessageKind.dropPages.frames(ProtoTasks(tasks))
        case .sendPage(let task): return MessageKind.sendPage.frames(ProtoTasks(task))
        case .storePage(let task, let output, let elementCount, let bytes):
            var header = ProtoStore()
            header.task = ProtoTasks(task)
            header.output = UInt32(output.rawValue)
            header.elementCount = elementCount
            return MessageKind.storePage.frames(header, [bytes])
        case .lendRoom(let task, let byteCount):
            return MessageKind.lendRoom.frames(ProtoLend(task, byteCount: byteCount))
        case .keepWritten(let task, let page):
            return MessageKind.keepWritten.frames(ProtoLend(task, page))
        case .listen(let address): return MessageKind.listen.frames(ProtoText(address))
        case .unknown: return MessageKind.unknown.frames(ProtoText())
        case .sign: return MessageKind.sign.frames(ProtoText())
        case .peers(let peers): return MessageKind.peers.frames(ProtoPeers(peers))
        case .prepare(let manifest): return MessageKind.prepare.frames(ProtoManifest(manifest))
        case .programBytes(let program, let digest, let offset, let count, let bytes):
            let header = ProtoFileRange(program, digest: digest, offset: offset, count: count)
            return MessageKind.programBytes.frames(header, [bytes])
        case .relayed(let task, let elementCount, let bytes):
            let header = ProtoPageRange(
                task, offset: 0, count: Int64(bytes.count), elementCount: elementCount)
            return MessageKind.relayed.frames(header, [bytes])
        case .relayFailed(let task): return MessageKind.relayFailed.frames(ProtoTasks(task))
        case .copyPages(let copies): return MessageKind.copyPages.copies(copies)
        case .library(let name, let bytes):
            return MessageKind.nodeLibrary.frames(ProtoText(name), [bytes])
        case .shutDown: return MessageKind.shutDown.frames(ProtoText())
        }
    }

    /// The message that these frames are.
    package init(frames: [[UInt8]]) throws(WireError) {
        let incoming = try IncomingFrames(frames)
        switch incoming.kind {
        case .accepted:
            let header = try incoming.header(ProtoAccepted.self)
            self = .accepted(NodeID(header.node), epoch: CoordinatorEpoch(header.epoch))
        case .agentRefused: self = .refused(try incoming.header(ProtoText.self).text)
        case .lease:
            let header = try incoming.header(ProtoPiece.self, others: 2)
            self = .lease(
                try header.lease(
                    arguments: try incoming.frame(1), inlineInputs: try incoming.frame(2)))
        case .revoke: self = .revoke(try incoming.header(ProtoAttempts.self).attempts())
        case .recall: self = .recall(try incoming.header(ProtoAttempts.self).attempts())
        case .dropPages: self = .dropPages(try incoming.header(ProtoTasks.self).tasks())
        case .sendPage: self = .sendPage(try incoming.header(ProtoTasks.self).task())
        case .storePage:
            let header = try incoming.header(ProtoStore.self, others: 1)
            self = .storePage(
                try header.task.task(), try enumeration(OutputKind.self, header.output),
                elementCount: header.elementCount, bytes: try incoming.frame(1))
        case .lendRoom:
            let header = try incoming.header(ProtoLend.self)
            self = .lendRoom(try header.checkedTask(), byteCount: header.byteCount)
        case .keepWritten:
            let header = try incoming.header(ProtoLend.self)
            self = .keepWritten(try header.checkedTask(), header.page)
        case .listen: self = .listen(address: try incoming.header(ProtoText.self).text)
        case .unknown:
            _ = try incoming.header(ProtoText.self)
            self = .unknown
        case .sign:
            _ = try incoming.header(ProtoText.self)
            self = .sign
        case .peers: self = .peers(try incoming.header(ProtoPeers.self).peers)
        case .prepare: self = .prepare(try incoming.header(ProtoManifest.self).manifest)
        case .programBytes:
            let header = try incoming.header(ProtoFileRange.self, others: 1)
            self = .programBytes(
                ProgramID(header.program), digest: header.digest, offset: header.offset,
                count: header.count, bytes: try incoming.frame(1))
        case .relayed:
            let header = try incoming.header(ProtoPageRange.self, others: 1)
            self = .relayed(
                try header.task.task(), elementCount: header.elementCount,
                bytes: try incoming.frame(1))
        case .relayFailed: self = .relayFailed(try incoming.header(ProtoTasks.self).task())
        case .copyPages: self = .copyPages(try incoming.copies())
        case .nodeLibrary:
            self = .library(
                name: try incoming.header(ProtoText.self, others: 1).text,
                bytes: try incoming.frame(1))
        case .shutDown:
            _ = try incoming.header(ProtoText.self)
            self = .shutDown
        default: throw .stranger
        }
    }
}
