"""Words before a password or another secret, in all languages."""

SECRETS = (
    r"passwords?|passphrase|passwd|pwd|secrets?|secret key|api[ _-]?keys?|api[ _-]?secret|access[ _-]?key|"
    r"private[ _-]?key|auth(?:entication)?[ _-]?token|access[ _-]?token|bearer[ _-]?token|refresh[ _-]?token|"
    r"client[ _-]?secret|token|credentials?|pin code",
    r"passwort|kennwort|passphrase|geheimnis|zugangscode|schlüssel|zugangsdaten",
    r"mot de passe|mdp|clé (?:secrète|d'api|api)|jeton|code d'accès",
    r"contraseña|clave(?: secreta| de acceso| api)?|ficha de acceso",
    r"wachtwoord|senha|parola d'ordine|hasło|lösenord|heslo|salasana|adgangskode",
)
"""What a secret is called before a colon or an equals sign."""
