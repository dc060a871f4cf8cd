// A function with @Remote, checked: what the expansion needs to know of it. RemotePeers.swift and
// RemoteBody.swift write code from it.

import SwiftSyntax
import SwiftSyntaxMacros

/// The parts of a remote function that its expansion names.
struct RemoteSignature {
    struct Parameter {
        /// The argument label, or `_`.
        let label: String
        /// The name inside the function.
        let name: String
        let type: String
        /// Where the type stands, for errors about it.
        let node: TypeSyntax
        /// What it is unless told, as it was written.
        var standard: String?
    }

    let function: FunctionDeclSyntax
    let name: String
    let parameters: [Parameter]
    /// The result's type, or nil for none.
    let result: String?
    /// Where it stands.
    let resultNode: TypeSyntax?
    let isAsync: Bool
    let isThrowing: Bool
    /// The error's type of `throws(E)`.
    let errorType: String?
    /// `Outer.Inner.` for a static function, else empty.
    let path: String
    /// `public`, `package`, `fileprivate`, `private` or nothing.
    let access: String

    var isStatic: Bool { !path.isEmpty }
    /// The access of the members of what is generated.
    var memberAccess: String {
        access == "public" || access == "package" ? access + " " : ""
    }
    var typeName: String { identifier("_Remote_", before: name) }
    /// The enum beside the function that has those of its types under names of their own that have
    /// one of the function's type: inside of that, `Result` and the like are its own.
    var typesName: String { identifier("_RemoteFunctionsNeedDifferentNames_", before: name) }
    /// The names of the parameters' types inside of the function's type.
    var types: [String] { parameters.indices.map { "A\($0)" } }
    /// The arguments' type there.
    var tuple: String { types.count == 1 ? types[0] : "(\(types.joined(separator: ", ")))" }

    /// What the function's type has as its own: the name, the type as it is written there, and what
    /// the enum has to have for it.
    var ownTypes: [(name: String, type: String, alias: String?)] {
        var own = parameters.enumerated().map { index, parameter in
            ownType("A\(index)", "_\(index)", parameter.type, parameter.node)
        }
        own.append(("Arguments", tuple, nil))
        own.append(
            result.flatMap { type in resultNode.map { ownType("Result", "_R", type, $0) } }
                ?? ("Result", "Void", nil))
        return own
    }

    private func ownType(
        _ name: String, _ alias: String, _ type: String, _ node: TypeSyntax
    ) -> (name: String, type: String, alias: String?) {
        let isHidden = node.tokens(viewMode: .sourceAccurate).contains { token in
            ["Arguments", "Result", "Input", "Output"].contains(token.text)
                || token.text.count == 2 && token.text.hasPrefix("A")
        }
        return isHidden
            ? (name, "\(typesName).\(alias)", "typealias \(alias) = \(type)") : (name, type, nil)
    }

    /// Checks the function; with `reporting`, says everything that is wrong with it.
    init?(
        _ declaration: some DeclSyntaxProtocol, in context: some MacroExpansionContext,
        reporting: Bool
    ) {
        var refused = false
        func refuse(_ message: MacroMessage, _ node: some SyntaxProtocol) {
            refused = true
            if reporting { message.report(at: node, in: context) }
        }
        guard let function = declaration.as(FunctionDeclSyntax.self) else {
            refuse(.notAFunction, declaration)
            return nil
        }
        self.function = function
        name = function.name.text

        if let generics = function.genericParameterClause { refuse(.genericFunction, generics) }
        if let clause = function.genericWhereClause { refuse(.genericFunction, clause) }
        if function.body == nil { refuse(.noBody, function.name) }
        if isNamedTwice(function, in: context) { refuse(.overloaded, function.name) }
        if let actor = function.attributes.first(where: { $0.trimmedDescription.hasSuffix("Actor") }
        ) {
            refuse(.actorIsolated, actor)
        }

        let modifiers = function.modifiers.map(\.name.text)
        let isStatic = modifiers.contains("static")
        access =
            modifiers.first { ["public", "package", "fileprivate", "private"].contains($0) } ?? ""
        var names: [String] = []
        for scope in context.lexicalContext {
            guard let type = EnclosingType(scope) else {
                refuse(.localFunction, function.name)
                break
            }
            if type.isGeneric { refuse(.genericContext, function.name) }
            names.insert(type.name, at: 0)
        }
        if !refused, !names.isEmpty, !isStatic { refuse(.instanceMethod, function.name) }
        path = names.map { $0 + "." }.joined()

        let effects = function.signature.effectSpecifiers
        isAsync = effects?.asyncSpecifier != nil
        let throwing = effects?.throwsClause
        isThrowing = throwing != nil
        errorType = throwing?.type?.trimmedDescription
        if let throwing, throwing.throwsSpecifier.text == "rethrows" {
            refuse(.overloadedByRethrows, throwing)
        }

        parameters = function.signature.parameterClause.parameters.map { parameter in
            Self.parameter(of: parameter) { refuse($0, $1) }
        }
        if parameters.count > 8 {
            refuse(.tooManyParameters, function.signature.parameterClause)
        }
        if let type = function.signature.returnClause?.type {
            if let (node, message) = obstacle(in: type), type.trimmedDescription != "()" {
                refuse(message, node)
            }
            let text = type.trimmedDescription
            result = text == "Void" || text == "()" ? nil : text
            resultNode = type
        } else {
            result = nil
            resultNode = nil
        }
        if refused { return nil }
    }

    /// A parameter with its type as it travels; says what is wrong with it.
    private static func parameter(
        of parameter: FunctionParameterSyntax, _ refuse: (MacroMessage, Syntax) -> Void
    ) -> Parameter {
        if let ellipsis = parameter.ellipsis { refuse(.variadicParameter, Syntax(ellipsis)) }
        var type = parameter.type
        if let attributed = type.as(AttributedTypeSyntax.self) {
            for specifier in attributed.specifiers {
                switch specifier.trimmedDescription {
                case "inout": refuse(.inoutParameter, Syntax(specifier))
                case "isolated": refuse(.isolatedParameter, Syntax(specifier))
                default: break
                }
            }
            type = attributed.baseType
        }
        if let (node, message) = obstacle(in: type) { refuse(message, Syntax(node)) }
        return Parameter(
            label: parameter.firstName.text,
            name: (parameter.secondName ?? parameter.firstName).text,
            type: type.trimmedDescription, node: type,
            standard: parameter.defaultValue?.value.trimmedDescription)
    }

    /// What names this function for ever: `Module/File.swift:Outer.name(_:Int,k:Double)async->R`.
    func identity(file: String) -> String {
        let list = parameters.map { "\($0.label):\($0.type)" }.joined(separator: ",")
        let effects = (isAsync ? "async" : "") + (isThrowing ? "throws" : "")
        return "\(file):\(path)\(name)(\(list))\(effects)->\(result ?? "Void")"
    }
}

/// A type that encloses a declaration.
struct EnclosingType {
    let name: String
    let isGeneric: Bool

    /// Nil if `scope` is a function, a closure or another place without a name.
    init?(_ scope: Syntax) {
        let generics: GenericParameterClauseSyntax?
        switch scope.kind {
        case .structDecl:
            guard let type = scope.as(StructDeclSyntax.self) else { return nil }
            (name, generics) = (type.name.text, type.genericParameterClause)
        case .enumDecl:
            guard let type = scope.as(EnumDeclSyntax.self) else { return nil }
            (name, generics) = (type.name.text, type.genericParameterClause)
        case .classDecl:
            guard let type = scope.as(ClassDeclSyntax.self) else { return nil }
            (name, generics) = (type.name.text, type.genericParameterClause)
        case .actorDecl:
            guard let type = scope.as(ActorDeclSyntax.self) else { return nil }
            (name, generics) = (type.name.text, type.genericParameterClause)
        case .extensionDecl:
            guard let type = scope.as(ExtensionDeclSyntax.self) else { return nil }
            name = type.extendedType.trimmedDescription
            isGeneric = type.genericWhereClause != nil
            return
        default: return nil
        }
        isGeneric = generics != nil
    }
}

/// A name with something before it, as the compiler takes the names that a macro makes: what is a
/// raw identifier (`` `two words` ``) stays one.
func identifier(_ prefix: String, before name: String) -> String {
    let whole = prefix + name.filter { $0 != "`" }
    // What is not ASCII is quoted needlessly, which means the same.
    let isPlain = whole.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte)
            || (0x41...0x5a).contains(byte & 0xdf)
    }
    return isPlain ? whole : "`\(whole)`"
}
