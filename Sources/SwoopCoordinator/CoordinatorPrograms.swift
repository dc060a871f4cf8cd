// Programs that nodes do not have: offered by clients of this machine, named to nodes, their bytes
// sent as they are asked for.

import SwoopLaunching
import SwoopModel
import SwoopScheduling
import SwoopTransport
import SwoopWire

extension CoordinatorLoop {
    /// Programs kept for nodes that may still join; those of present clients besides.
    private static let manifestsMax = 16

    /// A client of a program that was not known here says what it is made of.
    mutating func takeOffer(
        _ manifest: ProgramManifest, _ paths: [String], of client: ClientID, named name: String,
        peer: PeerID, now: Int64
    ) {
        let named = Dictionary(zip(manifest.files.map(\.name), paths)) { first, _ in first }
        do throws(BundleError) {
            if manifest.id != configuration.program {
                depot.keep(try Bundle(manifest, paths: named))
                manifests.removeAll { $0.id == manifest.id }
                manifests.append(manifest)
                forgetPrograms()
            }
            welcome(client, manifest.id, named: name, peer: peer, now: now)
        } catch {
            reply(.refused("its program cannot be sent to nodes: \(error)"), to: peer)
        }
    }

    private mutating func forgetPrograms() {
        var excess = manifests.count - Self.manifestsMax
        let inUse = Set(clients.map(\.program) + [configuration.program, manifests.last?.id])
        for manifest in manifests where excess > 0 && !inUse.contains(manifest.id) {
            manifests.removeAll { $0.id == manifest.id }
            depot.forget(manifest.id)
            excess -= 1
        }
    }

    mutating func prepare(_ program: ProgramID, at node: NodeID, now: Int64) {
        guard let manifest = manifests.first(where: { $0.id == program }) else {
            let reason = "the program was not started so that it can be sent to nodes"
            return handle(.programFailed(node, program, reason: reason), now: now)
        }
        send(.prepare(manifest), to: node)
    }

    mutating func take(_ news: ProgramDepot.News, now: Int64) {
        switch news {
        case .read(let range, let bytes):
            send(
                .programBytes(
                    range.program, digest: range.digest, offset: range.offset, count: range.count,
                    bytes: bytes), to: range.node)
        case .failed(let range, let reason):
            guard nodes.contains(where: { $0.id == range.node }) else { return }
            handle(.programFailed(range.node, range.program, reason: reason), now: now)
        }
    }

    /// Bytes of all clients' libraries that are kept for nodes: who brings more is told.
    private static let libraryBytesMax = 1 << 30

    /// A library that a client has loaded since it began goes to all nodes, and to those that join.
    mutating func takeLibrary(_ bytes: [UInt8], named name: String, of client: ClientID) {
        guard !libraries.contains(where: { $0.client == client && $0.name == name }) else { return }
        let known = libraries.reduce(0) { $0 + $1.bytes.count }
        guard known + bytes.count <= Self.libraryBytesMax else {
            for place in clients.indices where clients[place].id == client {
                clients[place].notices.append(
                    .remark(
                        "the cluster keeps no more libraries: the functions of "
                            + "\(PrintableText.line(name)) are not found; restart the kernel"))
            }
            return
        }
        libraries.append(ClientLibrary(client: client, name: name, bytes: bytes))
        for node in nodes { send(.library(name: name, bytes: bytes), to: node.id) }
    }
}

/// A library that a client brought.
struct ClientLibrary {
    let client: ClientID
    let name: String
    let bytes: [UInt8]
}
