// #remote: repeats the closure inside a type that no local name reaches, so that only captured
// values get in, and leaves a record by which a worker finds it. A type that stands for the
// closure, as @Remote makes one, is not possible here: a closure that returns a local type makes
// the compiler recurse.

package import SwiftSyntax
import SwiftSyntaxBuilder
package import SwiftSyntaxMacros

/// Lets a closure travel.
package struct RemoteClosureMacro: ExpressionMacro {
    /// The user's lines must stay lines.
    package static var formatMode: FormatMode { .disabled }

    /// The closure with its captures, and the record that leads to its code.
    package static func expansion(
        of node: some FreestandingMacroExpansionSyntax, in context: some MacroExpansionContext
    ) throws -> ExprSyntax {
        let argument = node.arguments.first?.expression
        guard let closure = node.trailingClosure ?? argument?.as(ClosureExprSyntax.self) else {
            throw MacroMessage.closureExpected.error(at: node)
        }
        if context.lexicalContext.contains(where: isGeneric) {
            throw MacroMessage.closureInGeneric.error(at: node)
        }
        let (parameter, type) = try parameter(of: closure, in: context)
        let captures = try captures(of: closure, in: context)
        try refuseLocalUses(
            in: closure, of: node, parameter: "(\(parameter): \(type))", in: context)
        let result = closure.signature?.returnClause.map { " \($0.trimmedDescription)" } ?? ""
        let (file, line) = fileAndLine(of: closure, in: context)
        let print = fingerprint(of: Syntax(closure))
        let scopes = context.lexicalContext.reversed().compactMap {
            EnclosingType($0)?.name ?? functionName($0)
        }
        let identity = "\(file):\((scopes + ["#remote"]).joined(separator: "."))(\(print))"
        let reads = captures.map {
            "let \($0.name) = try _decodeValue(\($0.type).self, from: &reader)\n"
        }
        let captured = captures.map { ", Swoop._capture(\($0.value), as: \($0.type).self)" }
        let throwing = closure.signature?.effectSpecifiers?.throwsClause != nil ? " throws" : ""
        return """
            Swoop.RemoteClosure({
                enum _Site {
                    static let _entry = Swoop._RemoteClosureEntry(
                        identity: \(raw: literal(identity)), fingerprint: \(raw: print), file: \
                        \(raw: literal(file)), line: \(raw: line)
                    ) { (reader: inout Swoop.ValueReader) throws(Swoop.ValueDecodingError) in
                        \(raw: reads.joined())return { @Sendable (\(raw: parameter): \
                        \(raw: type))\(raw: throwing)\(raw: result) in
            \(raw: onTheirLines(closure.statements, in: context))
                        }
                    }
                    @section("swoop_remote") @used
                    static let _record: Swoop._RemoteRecord = (1, { Swoop._describe(_Site._entry, \
                    at: $0) })
                }
                return _Site._entry
            }()\(raw: captured.joined()))
            """
    }

    /// Whether a scope has types of its own in place of parameters.
    private static func isGeneric(_ scope: Syntax) -> Bool {
        let function = scope.as(FunctionDeclSyntax.self)
        let start = scope.as(InitializerDeclSyntax.self)
        let parameters = (function?.signature ?? start?.signature)?.parameterClause.parameters ?? []
        return EnclosingType(scope)?.isGeneric == true || function?.genericParameterClause != nil
            || start?.genericParameterClause != nil
            || parameters.contains { isOpaque(Syntax($0.type)) }
    }

    private static func isOpaque(_ type: Syntax) -> Bool {
        if type.as(SomeOrAnyTypeSyntax.self)?.someOrAnySpecifier.tokenKind == .keyword(.some) {
            return true
        }
        return type.children(viewMode: .sourceAccurate).contains { isOpaque($0) }
    }

    private static func functionName(_ scope: Syntax) -> String? {
        scope.as(FunctionDeclSyntax.self)?.name.text
    }

    private static func parameter(
        of closure: ClosureExprSyntax, in context: some MacroExpansionContext
    ) throws -> (name: String, type: String) {
        if let effects = closure.signature?.effectSpecifiers, let specifier = effects.asyncSpecifier
        {
            throw MacroMessage.closureAsync.error(at: specifier)
        }
        switch closure.signature?.parameterClause {
        case .parameterClause(let clause)? where clause.parameters.count == 1:
            guard let parameter = clause.parameters.first else {
                throw MacroMessage.closureParameter.error(at: clause)
            }
            guard let type = parameter.type else {
                throw MacroMessage.closureParameterType.error(at: parameter)
            }
            if let attributed = type.as(AttributedTypeSyntax.self),
                let specifier = attributed.specifiers.first,
                specifier.trimmedDescription == "inout"
            {
                throw MacroMessage.inoutParameter.error(at: specifier)
            }
            if let (node, message) = obstacle(in: type) {
                throw message.error(at: node)
            }
            return ((parameter.secondName ?? parameter.firstName).text, type.trimmedDescription)
        case .simpleInput(let list)? where list.count == 1:
            throw MacroMessage.closureParameterType.error(at: list)
        case let clause?: throw MacroMessage.closureParameter.error(at: clause)
        case nil: throw MacroMessage.closureParameter.error(at: closure)
        }
    }

    private static func captures(
        of closure: ClosureExprSyntax, in context: some MacroExpansionContext
    ) throws -> [(name: String, value: String, type: String)] {
        try (closure.signature?.capture?.items ?? []).map { item in
            if let specifier = item.specifier {
                throw MacroMessage.captureMutable.error(at: specifier)
            }
            if item.name.text == "self" {
                throw MacroMessage.captureSelf.error(at: item)
            }
            guard let cast = item.initializer?.value, let (value, type) = asCast(cast) else {
                throw MacroMessage.captureType.error(at: item)
            }
            if let (node, message) = obstacle(in: type) {
                throw message.error(at: node)
            }
            return (item.name.text, value.trimmedDescription, type.trimmedDescription)
        }
    }

    /// The parts of `value as T`, whether or not its operators have been folded.
    private static func asCast(_ expression: ExprSyntax) -> (ExprSyntax, TypeSyntax)? {
        if let cast = expression.as(AsExprSyntax.self), cast.questionOrExclamationMark == nil {
            return (cast.expression, cast.type)
        }
        guard let sequence = expression.as(SequenceExprSyntax.self) else { return nil }
        let parts = Array(sequence.elements)
        guard parts.count >= 3,
            let cast = parts[parts.count - 2].as(UnresolvedAsExprSyntax.self),
            cast.questionOrExclamationMark == nil,
            let type = parts[parts.count - 1].as(TypeExprSyntax.self)
        else { return nil }
        let value = parts.dropLast(2).map(\.description).joined()
        return (ExprSyntax("\(raw: value)"), type.type)
    }
}
