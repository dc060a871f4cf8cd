// @Remote: what stands beside a remote function (RemotePeers.swift) and what becomes of its body
// (RemoteBody.swift). RemoteSignature.swift reads and checks the function.

package import SwiftSyntax
import SwiftSyntaxBuilder
package import SwiftSyntaxMacros

/// Makes a function one that any node may run.
package struct RemoteMacro: PeerMacro, BodyMacro {
    /// The user's lines must stay lines.
    package static var formatMode: FormatMode { .disabled }

    /// What stands beside the function.
    package static func expansion(
        of node: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol,
        in context: some MacroExpansionContext
    ) throws -> [DeclSyntax] {
        guard let signature = RemoteSignature(declaration, in: context, reporting: true) else {
            return []
        }
        let needs = DeclaredNeeds(node, in: context)
        return remotePeers(of: signature, needs: needs, in: context).map { "\n\(raw: $0)\n" }
    }

    /// The body, asking for an async function whether a run is to be told of the call.
    package static func expansion(
        of node: AttributeSyntax,
        providingBodyFor declaration: some DeclSyntaxProtocol & WithOptionalCodeBlockSyntax,
        in context: some MacroExpansionContext
    ) throws -> [CodeBlockItemSyntax] {
        guard let body = declaration.body else { return [] }
        let statements = onTheirLines(body.statements, in: context)
        guard let signature = RemoteSignature(declaration, in: context, reporting: false),
            signature.isAsync
        else { return ["\n\(raw: statements)\n"] }
        return ["\n\(raw: remoteBody(of: signature, statements: statements))\n"]
    }
}
