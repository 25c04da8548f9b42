"""The words that exports use: for columns, for event types and for the status of an order line.

Words are compared without case, accents, blanks and punctuation; English first, then common German, French
and Chinese ones. Earlier words of a list win over later ones.
"""

from __future__ import annotations

import re
import unicodedata

# What a column of a file can be mapped to, and the names that such columns have.
COLUMN_WORDS: dict[str, tuple[str, ...]] = {
    "time": (
        "event_time", "occurred_at", "timestamp", "order_date", "ordered_at", "order_time", "invoice_date", "purchase_date",
        "purchased_at", "transaction_date", "transaction_timestamp", "order_purchase_timestamp", "datetime", "date_time",
        "created_at", "created_on", "order_datetime", "processed_at", "paid_at", "unix_review_time", "review_time", "review_date",
        "reviewed_at", "interaction_time", "date", "day", "time", "ts", "time_ms", "timestamp_ms", "when",
        "Bestelldatum", "Auftragsdatum", "Rechnungsdatum", "Kaufdatum", "Datum", "Zeitpunkt", "Zeit",
        "date de commande", "date commande", "date d'achat", "date facture", "horodatage",
        "下单时间", "订单时间", "订单日期", "购买时间", "交易时间", "日期", "时间",
    ),
    "user_id": (
        "user_id", "customer_id", "client_id", "customer", "cust_id", "customer_no", "customer_number", "customer_code",
        "customer_unique_id", "household_id", "household_key", "member_id", "buyer_id", "shopper_id", "account_id", "reviewer_id", "author_id", "user",
        "client", "buyer", "customer_email", "email", "email_address", "contact_email", "customer_name", "uid",
        "Kundennummer", "Kunden-Nr", "Kundennr", "Kunden-ID", "Kunde", "Käufer",
        "id client", "numéro client", "n° client", "code client", "client id",
        "客户编号", "客户ID", "用户ID", "用户编号", "会员编号", "会员ID", "客户", "用户", "买家",
    ),
    "anonymous_id": (
        "anonymous_id", "visitor_id", "device_id", "cookie_id", "client_uuid", "user_pseudo_id", "browser_id",
        "Besucher-ID", "id visiteur", "访客ID", "设备ID",
    ),
    "type": (
        "event_type", "event_name", "type", "event", "action", "activity", "behavior_type", "behavior",
        "Ereignis", "Ereignistyp", "événement", "行为类型", "事件类型", "事件",
    ),
    "order_id": (
        "order_id", "order_no", "order_number", "order_name", "invoice_no", "invoice_id", "invoice_number", "invoice",
        "transaction_id", "basket_id", "receipt_id", "receipt_no", "order", "bill_no", "sales_id", "transaction",
        "Bestellnummer", "Bestell-Nr", "Auftragsnummer", "Rechnungsnummer", "Belegnummer",
        "numéro de commande", "n° commande", "commande", "id commande", "numéro de facture",
        "订单编号", "订单号", "订单ID", "发票号",
    ),
    "item_id": (
        "item_id", "product_id", "sku", "lineitem_sku", "stock_code", "article_id", "item_code", "product_code", "article_no",
        "article_number", "variant_id", "asin", "item", "product", "article", "goods_id", "parent_asin",
        "movie_id", "video_id", "book_id", "song_id", "track_id", "content_id", "business_id", "gmap_id",
        "Artikelnummer", "Artikel-Nr", "Artikelnr", "Artikel-ID", "Produkt-ID", "Produktnummer", "Artikel",
        "référence", "code article", "id produit", "code produit", "réf",
        "商品编号", "商品ID", "产品编号", "产品ID", "货号",
    ),
    "quantity": (
        "quantity", "qty", "lineitem_quantity", "units", "item_quantity", "quantity_ordered", "number_of_items", "cds",
        "number_of_cds", "amount_of_items", "count", "pieces", "pcs",
        "Menge", "Anzahl", "Stück", "Stückzahl", "quantité", "qté", "nombre", "数量", "件数",
    ),
    "unit_price": (
        "unit_price", "price", "lineitem_price", "item_price", "price_per_unit", "sale_price", "price_each",
        "Einzelpreis", "Stückpreis", "Preis", "prix unitaire", "prix", "PU", "单价", "价格", "售价",
    ),
    "value": (
        "value", "line_total", "line_value", "line_amount", "amount", "sales_value", "sales", "revenue", "net_amount", "total_amount",
        "total_price", "extended_price", "net_value", "turnover", "spend", "dollar_value", "dollars", "payment_value", "price_total",
        "Betrag", "Umsatz", "Zeilensumme", "Positionswert", "Gesamtpreis", "montant", "chiffre d'affaires", "montant ligne",
        "金额", "销售额", "小计", "实付金额",
    ),
    "order_total": (
        "order_total", "total", "grand_total", "order_value", "order_amount", "subtotal", "total_sales", "total_spent",
        "Summe", "Gesamtbetrag", "Gesamtsumme", "Bestellwert", "total commande", "montant total", "总金额", "订单金额", "总价",
    ),
    "discount": (
        "discount_value", "discount", "discount_amount", "lineitem_discount", "line_discount", "rebate", "retail_disc",
        "Rabatt", "Nachlass", "remise", "réduction", "折扣", "优惠金额", "优惠",
    ),
    "currency": ("currency", "currency_code", "Währung", "devise", "monnaie", "货币", "币种"),
    "channel": (
        "channel", "sales_channel", "traffic_source", "source", "utm_source", "medium", "acquisition_channel",
        "Kanal", "Vertriebskanal", "canal", "渠道", "来源",
    ),
    "campaign": ("campaign", "campaign_id", "utm_campaign", "campaign_name", "Kampagne", "campagne", "活动", "营销活动"),
    "country": (
        "country", "country_code", "shipping_country", "billing_country", "customer_country", "Land", "pays", "国家", "地区",
    ),
    "status": (
        "status", "order_status", "financial_status", "line_status", "order_state",
        "Bestellstatus", "Auftragsstatus", "statut", "statut commande", "état", "订单状态", "状态",
    ),
    "title": (
        "title", "item_name", "product_name", "lineitem_name", "description", "item_title", "product_title", "item_description",
        "product_description", "Artikelname", "Bezeichnung", "Produktname", "Artikelbezeichnung", "Beschreibung",
        "libellé", "désignation", "nom du produit", "nom produit", "商品名称", "产品名称", "名称", "品名", "商品", "产品",
    ),
    "category": (
        "category", "product_category", "item_category", "category_code", "category_name", "department", "product_type",
        "category_id", "Kategorie", "Warengruppe", "Produktgruppe", "catégorie", "rayon", "famille", "类别", "分类", "品类",
    ),
    "cost": ("cost", "unit_cost", "spend", "cost_price", "purchase_cost", "ad_spend", "amount", "Kosten", "Einkaufspreis", "coût", "dépense", "成本", "花费"),
    "email": (
        "email", "email_address", "customer_email", "contact_email", "billing_email", "Email (Billing)", "user_email", "client_email",
        "buyer_email", "shipping_email", "mail", "mail_address",
        "E-Mail-Adresse", "Mailadresse", "Kunden-E-Mail", "Kundenmail", "adresse e-mail", "adresse mail", "courriel", "e-mail client",
        "邮箱", "电子邮箱", "邮箱地址", "电子邮件", "邮件", "邮件地址",
    ),
    "phone": (
        "phone", "phone_number", "customer_phone", "billing_phone", "Phone (Billing)", "telephone", "mobile", "mobile_phone",
        "mobile_number", "mobile_no", "cell_phone", "cellphone", "tel", "telephone_number", "contact_number", "shipping_phone",
        "default_address_phone", "Telefon", "Telefonnummer", "Telefon-Nr", "Handy", "Handynummer", "Mobil", "Mobilnummer", "Mobiltelefon",
        "téléphone", "numéro de téléphone", "téléphone portable", "portable", "手机", "手机号", "手机号码", "电话", "电话号码", "联系电话",
    ),
    "accepts_marketing": (
        "accepts_marketing", "accepts_email_marketing", "buyer_accepts_marketing", "email_marketing_consent", "marketing_consent",
        "email_consent", "consent", "newsletter", "newsletter_consent", "subscribed", "opt_in", "email_opt_in", "marketing_opt_in",
        "newsletter_opt_in", "email_marketing", "Newsletter-Einwilligung", "Werbeeinwilligung", "Einwilligung", "accepte le marketing",
        "abonné à la newsletter", "consentement", "接受营销", "营销同意", "订阅", "是否订阅",
    ),
    "session_id": ("session_id", "user_session", "session", "visit_id", "ga_session_id", "Sitzung", "会话ID"),
    "rating": ("rating", "stars", "overall", "score", "review_score", "Bewertung", "note", "评分"),
    "text": (
        "text", "review_text", "review_body", "review_content", "review", "message", "comment", "Kommentar", "commentaire", "评论", "评价内容",
    ),
    "query": ("query", "search_query", "search_term", "search", "q", "Suchbegriff", "recherche", "搜索词"),
    "dwell_seconds": (
        "dwell_seconds", "dwell_time", "duration_seconds", "time_on_page", "engagement_time", "time_spent", "time_spent_seconds",
        "browsing_time", "watch_time", "session_duration", "dwell", "停留时间",
    ),
    "purchased": ("purchased", "purchase", "bought", "is_purchase", "is_purchased", "converted", "conversion", "gekauft", "是否购买"),
    "carted": ("carted", "cart", "cart_add", "add_to_cart", "added_to_cart", "in_cart", "is_cart", "是否加购"),
    "clicked": ("clicked", "click", "is_click", "is_clicked", "clicks", "click_count", "geklickt", "是否点击"),
    "viewed": ("viewed", "view", "is_view", "views", "view_count", "impression", "impressions", "是否浏览"),
}  # fmt: skip

# The shop's own event names -> schema.EVENT_TYPES.
EVENT_WORDS: dict[str, tuple[str, ...]] = {
    "visit": ("visit", "page_view", "pageview", "page", "session_start", "visited", "screen_view", "screen", "first_visit"),
    "view": (
        "view", "product_view", "item_view", "view_item", "product_viewed", "product_detail", "detail_view", "pv", "viewed_product",
        "view_product", "product_page_view", "item_viewed",
    ),
    "search": ("search", "searched", "products_searched", "product_search", "view_search_results", "site_search"),
    "click": (
        "click", "clicked", "product_clicked", "banner_click", "select_item", "select_promotion", "link_click", "recommendation_click",
        "product_click", "promotion_clicked",
    ),
    "cart_add": (
        "cart_add", "add_to_cart", "addtocart", "cart", "added_to_cart", "product_added", "basket_add", "add_to_basket", "add_to_bag",
    ),
    "cart_remove": (
        "cart_remove", "remove_from_cart", "removed_from_cart", "product_removed", "remove_from_basket", "removefromcart",
    ),
    "checkout": (
        "checkout", "begin_checkout", "checkout_started", "initiate_checkout", "checkout_start", "add_payment_info",
        "add_shipping_info",
    ),
    "purchase": (
        "purchase", "transaction", "order", "buy", "bought", "purchased", "sale", "order_completed", "order_placed", "conversion",
        "order_line", "checkout_completed", "Kauf", "Bestellung", "achat", "commande", "购买", "下单",
    ),
    "charge": ("charge", "fee", "shipping_fee", "postage", "shipping"),
    "refund": ("refund", "refunded", "return", "returned", "order_refunded", "order_cancelled", "order_canceled", "cancellation", "退款", "退货"),
    "adjustment": ("adjustment", "stock_adjustment", "inventory_adjustment"),
    "rate": ("rate", "rating", "rated", "product_rated", "star_rating"),
    "review": ("review", "reviewed", "product_reviewed", "review_submitted", "comment"),
    "message_sent": (
        "message_sent", "email_sent", "sent", "push_sent", "sms_sent", "send", "email_delivered", "newsletter_sent",
        "delivered",
    ),
    "message_opened": ("message_opened", "email_opened", "email_open", "open", "opened", "push_opened"),
    "message_clicked": ("message_clicked", "email_clicked", "email_click", "email_link_clicked", "push_clicked"),
    "exposure": ("exposure", "impression", "exposed", "offer_shown", "recommendation_shown"),
    "ticket_opened": ("ticket_opened", "ticket_created", "support_ticket", "complaint", "ticket", "case_opened"),
    "ticket_resolved": ("ticket_resolved", "ticket_closed", "case_closed", "ticket_solved"),
    "sign_up": ("sign_up", "signup", "signed_up", "register", "registered", "registration", "account_created", "Registrierung", "inscription", "注册"),
    "cost": ("cost", "spend", "ad_cost", "campaign_cost", "ad_spend"),
}  # fmt: skip

# Status words of an order line that make it a refund.
REFUND_WORDS = (
    "refund", "refunded", "return", "returned", "cancel", "cancelled", "canceled", "cancellation", "void", "voided", "chargeback",
    "reversed", "trash", "trashed",
    "storniert", "storno", "abgebrochen", "erstattet", "rückerstattet", "zurückerstattet", "retoure", "retourniert", "zurückgeschickt",
    "annulé", "annulée", "remboursé", "remboursée", "retourné", "retournée",
    "已退款", "退款", "已取消", "取消", "退货", "已退货",
)  # fmt: skip

# Those of them that say that an order was called off.
CANCEL_WORDS = (
    "cancel", "cancelled", "canceled", "cancellation", "void", "voided", "trash", "trashed", "storniert", "storno", "abgebrochen",
    "annulé", "annulée", "已取消", "取消",
)  # fmt: skip
# Status words of an order that nobody has paid yet, or ever will.
UNPAID_WORDS = (
    "unpaid", "not_paid", "pending", "pending_payment", "payment_pending", "awaiting_payment", "on_hold", "failed", "payment_failed",
    "declined", "denied", "rejected", "payment_rejected", "authorized", "authorised", "expired", "draft", "checkout_draft", "abandoned",
    "unbezahlt", "nicht bezahlt", "offen", "ausstehend", "Zahlung ausstehend", "fehlgeschlagen", "Entwurf",
    "impayé", "impayée", "non payé", "non payée", "en attente de paiement", "paiement en attente", "échoué", "échouée", "brouillon",
    "未付款", "待付款", "等待付款", "未支付", "待支付", "支付失败",
)  # fmt: skip
TEST_WORDS = ("test", "test_order", "testing", "Testbestellung", "commande test", "测试", "测试订单")


def plain_word(word: str) -> str:
    """A name without case, accents, blanks and punctuation, so that spellings of one name are equal.

    >>> plain_word("Customer ID") == plain_word("customer_id"), plain_word("N° Commande")
    (True, 'ncommande')
    """
    decomposed = unicodedata.normalize("NFKD", word.lower().replace("ß", "ss"))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", "", bare)


def event_types_by_word() -> dict[str, str]:
    """Every plain event word with the event type that it means."""
    return {plain_word(word): name for name, words in EVENT_WORDS.items() for word in (name, *words)}


# Columns that speak of a person and not of an order.
CUSTOMER_TRAITS = frozenset(
    map(
        plain_word,
        (
            "age", "gender", "sex", "birth_date", "birth_year", "year_birth", "birthday", "education", "income", "income_band",
            "marital_status", "region", "city", "zip", "postcode", "email", "phone", "first_name", "last_name", "signup_date",
            "sign_up_date", "registered_at", "loyalty_tier", "segment", "household_size", "home_ownership",
            "Geburtsdatum", "Geschlecht", "Alter", "年龄", "性别",
        ),
    )
)  # fmt: skip

REFUND_STATUS = frozenset(map(plain_word, REFUND_WORDS))
CANCEL_STATUS = frozenset(map(plain_word, CANCEL_WORDS))
UNPAID_STATUS = frozenset(map(plain_word, UNPAID_WORDS))
TEST_STATUS = frozenset(map(plain_word, TEST_WORDS))


def plain_status(status: str) -> str:
    """A status as a plain word, without the ``wc-`` that the database of a WooCommerce shop puts before it.

    >>> plain_status("wc-On-Hold"), plain_status("Pending payment")
    ('onhold', 'pendingpayment')
    """
    return plain_word(status.strip().lower().removeprefix("wc-"))
