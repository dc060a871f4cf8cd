// Programs, peers and ranges of files and pages as fields.

internal import SwoopModel

extension ProtoManifest {
    init(_ manifest: ProgramManifest) {
        self.init()
        id = manifest.id.rawValue
        name = manifest.name
        architecture = manifest.architecture
        file = manifest.files.map { file in
            var message = ProtoProgramFile()
            message.name = file.name
            message.digest = file.digest
            message.byteCount = file.byteCount
            return message
        }
    }

    var manifest: ProgramManifest {
        ProgramManifest(
            id: ProgramID(id), name: name, architecture: architecture,
            files: file.map {
                ProgramFile(name: $0.name, digest: $0.digest, byteCount: $0.byteCount)
            })
    }
}

extension ProtoFileRange {
    init(_ program: ProgramID, digest: String, offset: Int64, count: Int64) {
        self.init()
        self.program = program.rawValue
        self.digest = digest
        self.offset = offset
        self.count = count
    }
}

extension ProtoService {
    init(_ service: PageService) {
        self.init()
        endpoint = service.endpoints
        key = service.publicKey
    }

    var service: PageService { PageService(endpoints: endpoint, publicKey: key) }
}

extension ProtoPeers {
    init(_ peers: [PeerAddress]) {
        self.init()
        peer = peers.map { address in
            var message = ProtoPeers.Peer()
            message.node = address.node.rawValue
            message.pages = ProtoService(address.pages)
            return message
        }
    }

    var peers: [PeerAddress] {
        peer.map { PeerAddress(node: NodeID($0.node), pages: $0.pages.service) }
    }
}

extension ProtoPageRange {
    init(_ task: TaskID, offset: Int64, count: Int64, elementCount: Int64) {
        self.init()
        self.task = ProtoTasks(task)
        self.offset = offset
        self.count = count
        self.elementCount = elementCount
    }
}
