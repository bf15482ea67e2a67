"""A florist's website, as a customer of the gateway has one: the page that the gateway's chat is put on."""
